#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arguments;
mod expand;
mod function;
mod pieces;

use proc_macro::TokenStream;

use self::arguments::Attribute;

/// Makes an `async fn` a function that builds a runtime and runs the body on it.
///
/// ```text
/// #[poll_async::main]
/// async fn main() -> std::io::Result<()> {
///     serve().await
/// }
/// ```
///
/// is
///
/// ```text
/// fn main() -> std::io::Result<()> {
///     let body = async { serve().await };
///     poll_async::runtime::Builder::new_multi_thread()
///         .enable_all()
///         .build()
///         .expect("the runtime could not be built")
///         .block_on(body)
/// }
/// ```
///
/// # Arguments
///
/// | argument | |
/// | --- | --- |
/// | `flavor = "multi_thread"` | workers of its own; this is what it is without |
/// | `flavor = "current_thread"` | the thread of the function alone |
/// | `flavor = "local"` | the same, for tasks that stay on it |
/// | `worker_threads = 4` | how many workers; with `multi_thread` |
/// | `start_paused = true` | the clock stands; with the other two |
/// | `unhandled_panic = "shutdown_runtime"` | a task that panics and is not joined ends it all |
/// | `unhandled_panic = "ignore"` | it does not; this is what it is without |
/// | `crate = "path"` | where poll-async is, if it has another name |
///
/// It need not be `main`: any `async fn` becomes one that blocks, with its parameters, generics and
/// attributes. What it does not take is tokio's `name`: runtimes have none.
///
/// # Panics
///
/// The function panics if the runtime cannot be built.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::Main, arguments, item)
}

/// Makes an `async fn` a test that runs on a runtime of its own.
///
/// ```text
/// #[poll_async::test]
/// async fn a_value_arrives() {
///     assert_eq!(receive().await, 1);
/// }
/// ```
///
/// The arguments are those of [`macro@main`]; without `flavor`, it is `"current_thread"`. Other
/// attributes of tests, such as `#[should_panic]` and `#[ignore]`, stay as they are.
///
/// # Panics
///
/// The test panics if the runtime cannot be built.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Attribute::Test, arguments, item)
}
