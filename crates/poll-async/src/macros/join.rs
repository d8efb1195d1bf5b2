//! `join!` and `try_join!`.

/// Waits for several futures at once, and gives their outputs as a tuple when all are done.
///
/// The futures run within the task: they take turns, and none needs an allocation. To have them
/// run on several threads, spawn them. Each poll starts with another one of them, so that none
/// uses up the task's budget always; `biased;` in front keeps to the order they are written in.
///
/// Cancel-safe if all of the futures are: those that are done lose their output.
///
/// ```
/// # async fn example() {
/// # async fn name() -> String { String::new() }
/// # async fn age() -> u32 { 7 }
/// let (name, age) = poll_async::join!(name(), age());
/// # drop((name, age));
/// # }
/// ```
#[macro_export]
macro_rules! join {
    (biased; $($future:expr),* $(,)?) => {
        $crate::__join!([0 all] [] $($future,)*)
    };
    ($($future:expr),* $(,)?) => {
        $crate::__join!([1 all] [] $($future,)*)
    };
}

/// Waits for several futures at once, and gives a tuple of their values when all succeeded, or the
/// first error as soon as there is one: the other futures are dropped then.
///
/// All errors are of one type. Otherwise it is as [`join!`](crate::join), `biased;` included.
///
/// ```
/// # async fn example() -> Result<(), std::io::Error> {
/// # async fn name() -> Result<String, std::io::Error> { Ok(String::new()) }
/// # async fn age() -> Result<u32, std::io::Error> { Ok(7) }
/// let (name, age) = poll_async::try_join!(name(), age())?;
/// # drop((name, age));
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! try_join {
    (biased; $($future:expr),* $(,)?) => {
        $crate::__join!([0 until_error] [] $($future,)*)
    };
    ($($future:expr),* $(,)?) => {
        $crate::__join!([1 until_error] [] $($future,)*)
    };
}

/// First gives each future a name: the same word, of which each turn makes another variable. Then
/// polls them in a circle, from the one that `first` says.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    ($how:tt [$($named:tt)*] $expression:expr, $($more:tt)*) => {
        $crate::__join!($how [$($named)* (future $expression)] $($more)*)
    };
    ([$step:literal all] []) => {
        ()
    };
    ([$step:literal until_error] []) => {
        ::core::result::Result::Ok(())
    };
    ([$step:literal all] [$(($future:ident $expression:expr))+]) => {{
        let mut count = 0_usize;
        $(
            let mut $future = $crate::__private::pin!($crate::__private::maybe_done($expression));
            count += 1;
        )+
        let mut first = 0_usize;
        $crate::__private::poll_fn(|context| {
            let mut is_pending = false;
            let (mut skip, mut left) = (first, count);
            first = (first + $step) % count;
            'circle: loop {
                $(
                    if skip > 0 {
                        skip -= 1;
                    } else if left == 0 {
                        break 'circle;
                    } else {
                        left -= 1;
                        is_pending |= $future.as_mut().poll(context).is_pending();
                    }
                )+
            }
            if is_pending {
                $crate::__private::Poll::Pending
            } else {
                $crate::__private::Poll::Ready(($($future.as_mut().take(),)+))
            }
        })
        .await
    }};
    ([$step:literal until_error] [$(($future:ident $expression:expr))+]) => {{
        let mut count = 0_usize;
        $(
            let mut $future = $crate::__private::pin!($crate::__private::maybe_done($expression));
            count += 1;
        )+
        let mut first = 0_usize;
        $crate::__private::poll_fn(|context| {
            let mut is_pending = false;
            let (mut skip, mut left) = (first, count);
            first = (first + $step) % count;
            'circle: loop {
                $(
                    if skip > 0 {
                        skip -= 1;
                    } else if left == 0 {
                        break 'circle;
                    } else {
                        left -= 1;
                        is_pending |= $future.as_mut().poll(context).is_pending();
                        if let ::core::option::Option::Some(error) = $future.as_mut().take_error() {
                            return $crate::__private::Poll::Ready(
                                ::core::result::Result::Err(error),
                            );
                        }
                    }
                )+
            }
            if is_pending {
                return $crate::__private::Poll::Pending;
            }
            $crate::__private::Poll::Ready(::core::result::Result::Ok(($(
                match $future.as_mut().take() {
                    ::core::result::Result::Ok(value) => value,
                    ::core::result::Result::Err(_) => ::core::unreachable!("it was looked for"),
                },
            )+)))
        })
        .await
    }};
}
