//! Random programs: small ones that shrink, and a long one whose seed is printed.

use core::time::Duration;

use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};

use super::model::{Pair, Step};

fn distance() -> impl Strategy<Value = i128> {
    // Each scale as likely as the others, so that every level is used.
    let ahead = (0_u32..65, any::<u64>()).prop_map(|(bits, random)| {
        let scale = 1_u64.checked_shl(bits).unwrap_or(0).wrapping_sub(1);
        i128::from(random & scale)
    });
    prop_oneof![
        12 => ahead,
        3 => 0_i128..2_000_000_000,
        1 => -5_000_i128..5_000,
        // Beside the edges of buckets.
        2 => (0_u32..60, -2_i128..3).prop_map(|(bits, beside)| (1_i128 << bits) + beside),
        1 => (u64::MAX - 3..=u64::MAX).prop_map(i128::from),
    ]
}

fn simple() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => distance().prop_map(Step::Insert),
        3 => any::<usize>().prop_map(Step::Twin),
        1 => proptest::strategy::Just(Step::Never),
        6 => any::<usize>().prop_map(Step::Cancel),
        4 => (any::<usize>(), distance()).prop_map(|(which, to)| Step::Reset(which, to)),
        2 => any::<usize>().prop_map(Step::Stale),
        1 => proptest::strategy::Just(Step::Shrink),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let between = proptest::collection::vec(simple(), 0..4);
    prop_oneof![
        20 => simple(),
        3 => (0_u32..64, any::<u64>())
            .prop_map(|(bits, random)| Step::Advance(random & ((1 << bits) - 1))),
        4 => proptest::strategy::Just(Step::Sleep),
        1 => (0_u64..10_000_000).prop_map(Step::Back),
        8 => (0_usize..40, between).prop_map(|(budget, between)| Step::Expire(budget, between)),
        1 => proptest::strategy::Just(Step::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn any_program_agrees_with_an_ordered_map(
        program in proptest::collection::vec(step(), 1..200),
    ) {
        let mut pair = Pair::default();
        for step in &program {
            pair.run(step);
        }
        pair.check_all();
        pair.now = u64::MAX;
        pair.drain();
    }
}

/// Numbers that are random enough, from Vigna's splitmix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn which(&mut self) -> usize {
        usize::try_from(self.next() >> 33).unwrap()
    }

    // Up to a minute, each scale as likely as the others, and now and then much more.
    fn distance(&mut self) -> i128 {
        let bits = match self.below(100) {
            0 => self.below(64),
            _ => self.below(37),
        };
        i128::from(self.next() & ((1 << bits) - 1)) - i128::from(self.below(100))
    }

    // Phases in which the number of timers grows and in which it falls.
    fn step(&mut self, count: u64) -> Step {
        let grows = (count / 50_000).is_multiple_of(2);
        match self.below(1000) {
            0..380 if grows => Step::Insert(self.distance()),
            0..200 => Step::Insert(self.distance()),
            380..420 => Step::Twin(self.which()),
            420..560 => Step::Cancel(self.which()),
            560..660 => Step::Reset(self.which(), self.distance()),
            660..680 => Step::Stale(self.which()),
            680..760 => Step::Advance(self.below(1_000_000)),
            760..762 => Step::Advance(self.below(1 << 40)),
            762..800 => Step::Sleep,
            800..801 => Step::Back(self.below(1_000_000_000)),
            801..802 => Step::Never,
            802..803 if count.is_multiple_of(64) => Step::Shrink,
            _ => {
                let between = (0..self.below(4)).map(|_| Step::Insert(self.distance()));
                let between = between.collect();
                Step::Expire(self.which() % 64, between)
            }
        }
    }
}

#[test]
fn what_is_set_and_cancelled_while_a_bucket_is_being_emptied_keeps_its_place() {
    for seed in 0..60 {
        let mut random = Random(seed);
        let mut pair = Pair::default();
        let base = 1_u64 << (24 + 6 * random.below(4));
        let inside = |random: &mut Random| i128::from(base + random.below(base));
        for _ in 0..300 {
            let distance = inside(&mut random);
            pair.run(&Step::Insert(distance));
        }
        pair.run(&Step::Advance(base + random.below(base)));
        for _ in 0..400 {
            // Budgets so small that emptying the bucket takes many expiries.
            let budget = usize::try_from(random.below(3)).unwrap();
            pair.run(&Step::Expire(budget, Vec::new()));
            let now = i128::from(pair.now);
            let distance = inside(&mut random) - now;
            match random.below(8) {
                0 => pair.run(&Step::Insert(distance)),
                1 | 2 => pair.run(&Step::Twin(random.which())),
                3 => pair.run(&Step::Cancel(random.which())),
                4 => pair.run(&Step::Reset(random.which(), distance)),
                5 => pair.run(&Step::Insert(
                    i128::from(2 * base + random.below(base)) - now,
                )),
                6 => pair.run(&Step::Sleep),
                _ => {}
            }
        }
        pair.now = u64::MAX;
        pair.drain();
    }
}

#[test]
fn crowds_at_a_few_instants_agree_with_an_ordered_map_while_they_fire() {
    for seed in 0..12 {
        let mut random = Random(seed);
        let mut pair = Pair::default();
        // Lap after lap of the same buckets.
        for lap in 1..4 {
            let start = lap << 30;
            let instants = 1 + random.below(3);
            let instant = |random: &mut Random, pair: &Pair| {
                i128::from(start + random.below(instants)) - i128::from(pair.now)
            };
            // More than are sorted at once.
            for _ in 0..600 * instants {
                let distance = instant(&mut random, &pair);
                pair.run(&Step::Insert(distance));
            }
            pair.now = start + random.below(instants);
            for _ in 0..500 {
                let between = (0..2).map(|_| match random.below(10) {
                    0..3 => Step::Cancel(random.which()),
                    3..5 => Step::Reset(random.which(), i128::from(random.below(1 << 32))),
                    5 => Step::Reset(random.which(), instant(&mut random, &pair)),
                    6 => Step::Insert(i128::from(random.below(1 << 32))),
                    7 if random.below(20) == 0 => Step::Shrink,
                    _ => Step::Twin(random.which()),
                });
                let between = between.collect();
                let budget = usize::try_from(random.below(8)).unwrap();
                pair.run(&Step::Expire(budget, between));
            }
        }
        pair.now = u64::MAX;
        pair.drain();
    }
}

/// `POLL_TIMER_SEED` chooses the program, `POLL_TIMER_STEPS` its length.
#[test]
fn a_long_random_program_agrees_with_an_ordered_map() {
    let number = |name| {
        std::env::var(name)
            .ok()
            .map(|word| word.parse::<u64>().unwrap())
    };
    let chosen = number("POLL_TIMER_SEED");
    let seed = chosen.unwrap_or_else(|| {
        let since = std::time::UNIX_EPOCH.elapsed();
        u64::try_from(since.unwrap_or(Duration::ZERO).as_micros()).unwrap()
    });
    let steps = number("POLL_TIMER_STEPS").unwrap_or(300_000);
    println!("POLL_TIMER_SEED={seed} POLL_TIMER_STEPS={steps}");
    let mut random = Random(seed);
    let mut pair = Pair::default();
    for count in 0..steps {
        let step = random.step(count);
        pair.run(&step);
        if count % 10_000 == 0 {
            pair.check_all();
        }
    }
    pair.now = u64::MAX;
    pair.drain();
    pair.check_all();
    assert!(
        steps < 10_000 || pair.fired > steps / 50,
        "{} fired",
        pair.fired
    );
}
