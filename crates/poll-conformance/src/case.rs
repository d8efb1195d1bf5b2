//! One test of the suite, and how it ends.

/// Why a test does not apply to an engine: the fixture lacks what the test needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip(pub &'static str);

/// How a test ends that does not panic, which is how one fails.
pub type Verdict = Result<(), Skip>;

/// One test of the suite for the fixture `F`.
#[derive(Debug)]
pub struct Case<F> {
    module: &'static str,
    name: &'static str,
    test: fn(&F) -> Verdict,
}

impl<F> Case<F> {
    pub(crate) fn new(module: &'static str, name: &'static str, test: fn(&F) -> Verdict) -> Self {
        Self { module, name, test }
    }

    /// The heading of the contract the test belongs to, in lower case.
    #[must_use]
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// The sentence the test is about, with underscores.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Runs the test on this thread, without a watchdog.
    ///
    /// # Errors
    ///
    /// [`Skip`] when the fixture lacks what the test needs.
    ///
    /// # Panics
    ///
    /// When the engine breaks its contract.
    pub fn run(&self, fixture: &F) -> Verdict {
        (self.test)(fixture)
    }
}

impl<F> Clone for Case<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Case<F> {}

/// Lists the tests of one module: `list_cases!("waiting", F, [a_test, another_test])`.
macro_rules! list_cases {
    ($module:literal, $fixture:ident, [$($name:ident),* $(,)?]) => {
        vec![$($crate::Case::new($module, stringify!($name), $name::<$fixture>)),*]
    };
}
