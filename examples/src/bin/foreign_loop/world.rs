//! The world of the game: a ball on a line.

/// How many places there are.
const WIDTH: i32 = 60;

/// A ball on a line.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) frame: u64,
    pub(crate) orders: u64,
    pub(crate) is_over: bool,
    place: i32,
    speed: i32,
}

impl World {
    /// Has the ball move from now on: what it does now.
    pub(crate) fn go(&mut self, speed: i32) -> String {
        self.speed = speed;
        self.go_on()
    }

    /// What the ball does now.
    pub(crate) fn go_on(&mut self) -> String {
        self.orders += 1;
        let Self {
            frame,
            place,
            speed,
            ..
        } = self;
        format!("frame {frame}: at {place}, speed {speed}\n")
    }

    /// One frame later. At its ends the line goes on at the other one.
    pub(crate) fn advance(&mut self) {
        self.frame += 1;
        self.place = (self.place + self.speed).rem_euclid(WIDTH);
    }

    /// How it looks.
    pub(crate) fn picture(&self) -> String {
        let places = (0..WIDTH).map(|place| if place == self.place { 'o' } else { ' ' });
        format!("|{}|", places.collect::<String>())
    }
}
