//! A future that keeps its output until it is taken.

use core::future::{Future, IntoFuture};
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

pin_project! {
    /// What `join!` and `try_join!` make of each of their futures.
    #[derive(Debug)]
    pub struct MaybeDone<F: Future> {
        // None: it is done.
        #[pin]
        future: Option<F>,
        output: Option<F::Output>,
    }
}

/// A future whose output will be kept.
pub fn maybe_done<F: IntoFuture>(future: F) -> MaybeDone<F::IntoFuture> {
    MaybeDone {
        future: Some(future.into_future()),
        output: None,
    }
}

impl<F: Future> MaybeDone<F> {
    /// Polls the future unless it is done.
    pub fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if let Some(future) = this.future.as_mut().as_pin_mut() {
            *this.output = Some(ready!(future.poll(context)));
            this.future.set(None);
        }
        Poll::Ready(())
    }

    /// The output.
    ///
    /// # Panics
    ///
    /// If the future is not done, or if this was called before; the macros do neither.
    #[must_use = "the output is gone from here"]
    pub fn take(self: Pin<&mut Self>) -> F::Output {
        match self.project().output.take() {
            Some(output) => output,
            None => unreachable!("it is done, and taken once"),
        }
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> MaybeDone<F> {
    /// The error, if the future is done with one.
    #[must_use = "the error is gone from here"]
    pub fn take_error(self: Pin<&mut Self>) -> Option<E> {
        self.project()
            .output
            .take_if(|output| output.is_err())?
            .err()
    }
}
