//! `select!`.

/// Nothing, for branches that there are not.
#[derive(Debug)]
pub enum Never {}

/// The output of one of the branches of a `select!`.
#[expect(missing_docs, reason = "they are the branches, by their numbers")]
#[derive(Debug)]
#[rustfmt::skip] // a table
pub enum Out<
    A = Never, B = Never, C = Never, D = Never, E = Never, F = Never, G = Never, H = Never,
    I = Never, J = Never, K = Never, L = Never, M = Never, N = Never, O = Never, P = Never,
    Q = Never, R = Never, S = Never, T = Never, U = Never, V = Never, W = Never, X = Never,
> {
    A(A), B(B), C(C), D(D), E(E), F(F), G(G), H(H),
    I(I), J(J), K(K), L(L), M(M), N(N), O(O), P(P),
    Q(Q), R(R), S(S), T(T), U(U), V(V), W(W), X(X),
    /// All branches are disabled.
    None,
}

/// Waits for several futures at once, and goes on with the first that is done; the others are
/// dropped.
///
/// ```text
/// select! {
///     biased;                                             // not needed
///     <pattern> = <future> => <handler>,
///     <pattern> = <future>, if <condition> => <handler>,  // up to 24 branches
///     else => <handler>,                                  // not needed
/// }
/// ```
///
/// 1. The conditions are evaluated; a branch whose condition is false is disabled.
/// 2. The expressions of the futures are evaluated, also those of branches that are disabled.
/// 3. The futures are polled, by turns that start with a random one so that none is preferred;
///    after `biased;` always in the order they are written in.
/// 4. If the output of one does not match its pattern, that branch is disabled, and the others go
///    on. When the output matches, the futures are dropped and the handler runs.
/// 5. When all branches are disabled, the handler of `else` runs.
///
/// A handler runs in the function around the macro, when all futures are gone: it may `await`, it
/// may use `?`, `break`, `continue` and `return`, and it may change what the futures had borrowed.
/// A handler that is no block is followed by a comma. All handlers are of one type, which is that
/// of the whole.
///
/// A future that is to go on after another was first, in a loop, is made before and given as
/// `&mut`; it has to be `Unpin`, or pinned with [`pin!`](core::pin::pin). What is not given so has
/// to be cancel-safe: it is dropped when another is first.
///
/// # Panics
///
/// If all branches are disabled and there is no `else`.
///
/// # Deviations from tokio
///
/// Up to 24 branches, not 64. The macro takes nothing from the task's budget itself; its futures
/// do.
///
/// ```
/// # use poll_async::sync::{CancellationToken, Semaphore};
/// # async fn example(stop: CancellationToken, jobs: Semaphore) {
/// let mut done = 0;
/// let result = loop {
///     poll_async::select! {
///         () = stop.cancelled() => break Err("stopped"),
///         Ok(job) = jobs.acquire(), if done < 10 => {
///             job.forget();
///             done += 1;
///         }
///         else => break Ok(done),
///     }
/// };
/// # result.unwrap();
/// # }
/// ```
#[macro_export]
macro_rules! select {
    (biased; $($branches:tt)+) => {
        $crate::__select!([(|_| 0)] $($branches)+)
    };
    ($($branches:tt)+) => {
        $crate::__select!([$crate::__private::below] $($branches)+)
    };
}

/// Takes the branches one by one, and gives each a number, a variant, and a name: the same word, of
/// which each turn makes another variable.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    ([$start:expr] $($branches:tt)+) => {
        $crate::__select!(@branch [$start] [
            (0 A _) (1 B _) (2 C _) (3 D _) (4 E _) (5 F _) (6 G _) (7 H _)
            (8 I _) (9 J _) (10 K _) (11 L _) (12 M _) (13 N _) (14 O _) (15 P _)
            (16 Q _) (17 R _) (18 S _) (19 T _) (20 U _) (21 V _) (22 W _) (23 X _)
        ] [] $($branches)+)
    };

    // The end of the list.
    (@branch $start:tt $left:tt $done:tt) => {
        $crate::__select!(@branch $start $left $done else => ::core::panic!(
            "all branches are disabled and there is no `else` branch"
        ))
    };
    (@branch $start:tt $left:tt [] else => $else:expr $(,)?) => {
        $else
    };
    (@branch [$start:expr] $left:tt [$($done:tt)+] else => $else:expr $(,)?) => {
        $crate::__select!(@all [$start] [$else] $($done)+)
    };
    (@branch $start:tt [] $done:tt $($branches:tt)+) => {
        ::core::compile_error!("`select!` takes up to 24 branches")
    };

    // A branch up to its arrow, and then its handler.
    (@branch $start:tt $left:tt $done:tt
        $pattern:pat = $expression:expr, if $condition:expr => $($more:tt)+
    ) => {
        $crate::__select!(@handler $start $left $done
            [$pattern = $expression, if $condition] $($more)+)
    };
    (@branch $start:tt $left:tt $done:tt $pattern:pat = $expression:expr => $($more:tt)+) => {
        $crate::__select!(@handler $start $left $done [$pattern = $expression, if true] $($more)+)
    };
    (@handler $start:tt $left:tt $done:tt $branch:tt $handler:block, $($more:tt)*) => {
        $crate::__select!(@named $start $left $done $branch $handler, $($more)*)
    };
    (@handler $start:tt $left:tt $done:tt $branch:tt $handler:block $($more:tt)*) => {
        $crate::__select!(@named $start $left $done $branch $handler, $($more)*)
    };
    (@handler $start:tt $left:tt $done:tt $branch:tt $handler:expr) => {
        $crate::__select!(@named $start $left $done $branch $handler,)
    };
    (@handler $start:tt $left:tt $done:tt $branch:tt $handler:expr, $($more:tt)*) => {
        $crate::__select!(@named $start $left $done $branch $handler, $($more)*)
    };
    (@named $start:tt [($($place:tt)+) $($left:tt)*] [$($done:tt)*]
        [$($branch:tt)+] $handler:expr, $($more:tt)*
    ) => {
        $crate::__select!(@branch $start [$($left)*]
            [$($done)* ($($place)+ future $($branch)+ => $handler)] $($more)*)
    };

    (@all [$start:expr] [$else:expr] $((
        $number:literal $variant:ident $output:tt $future:ident
        $pattern:pat = $expression:expr, if $condition:expr => $handler:expr
    ))+) => {{
        let mut is_disabled = [$(!$condition),+];
        // The futures are gone when a handler runs.
        let mut out: $crate::__private::Out<$($output),+> = {
            // By itself, so that what an expression borrows for the statement lives on.
            $(let $future = $expression;)+
            $(
                let mut $future = $crate::__private::pin!(
                    $crate::__private::IntoFuture::into_future($future)
                );
            )+
            $crate::__private::poll_fn(|context| {
                let count = is_disabled.len();
                let start: usize = $start(count);
                let mut is_pending = false;
                for step in 0..count {
                    match (start + step) % count {
                        $($number if !is_disabled[$number] => {
                            let polled = $crate::__private::Future::poll($future.as_mut(), context);
                            let $crate::__private::Poll::Ready(mut output) = polled else {
                                is_pending = true;
                                continue;
                            };
                            is_disabled[$number] = true;
                            // Whether the pattern matches, asked without taking the output apart:
                            // a guard only looks, and this one says no.
                            let mut is_match = false;
                            #[allow(unused_variables, unused_mut, unreachable_patterns)]
                            match output {
                                $pattern if {
                                    is_match = true;
                                    false
                                } => ::core::unreachable!("its guard says no"),
                                _ => {}
                            }
                            if is_match {
                                return $crate::__private::Poll::Ready(
                                    $crate::__private::Out::$variant(output),
                                );
                            }
                        })+
                        _ => {}
                    }
                }
                if is_pending {
                    $crate::__private::Poll::Pending
                } else {
                    $crate::__private::Poll::Ready($crate::__private::Out::None)
                }
            })
            .await
        };
        match out {
            $($crate::__private::Out::$variant($pattern) => $handler,)+
            $crate::__private::Out::None => $else,
            _ => ::core::unreachable!("the pattern matched before"),
        }
    }};
}
