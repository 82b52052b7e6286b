//! The one place that says whether anything may be written. Shut unless somebody opened it, and by itself again.

use jiff::{SignedDuration, Timestamp};

/// Whether this session may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// What is behind it: the profile's name, the bucket's.
    names: Vec<String>,
    /// Whether one of the names must be given to open it.
    guarded: bool,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    until: Option<Timestamp>,
}

/// Leave to write, which only an open gate gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    _only_from_a_gate: (),
}

/// Why the gate did not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A name has to be given; any of these.
    #[error("this is guarded: its name has to be given as well: {}", names.join(" or "))]
    NeedsName { names: Vec<String> },
    /// The name given is none of these.
    #[error("{given:?} is not the name of what would be written to: {}", names.join(" or "))]
    OtherName { given: String, names: Vec<String> },
}

impl Default for Gate {
    fn default() -> Self {
        Self::shut(Vec::new(), false)
    }
}

impl Gate {
    /// A gate that is shut; if it is guarded, one of the names of what is behind it opens it.
    pub const fn shut(names: Vec<String>, guarded: bool) -> Self {
        Self { names, guarded, open: None }
    }

    /// The names of which one must be given; none where none is asked for.
    pub fn asks_for(&self) -> Option<&[String]> {
        self.guarded.then_some(self.names.as_slice())
    }

    /// Opens it until a moment, or until the session ends.
    ///
    /// # Errors
    ///
    /// A name is asked for, and none was given; or another one was, which is refused even where none is asked for.
    pub fn open(&mut self, name: Option<&str>, until: Option<Timestamp>) -> Result<(), Refusal> {
        match name {
            None if !self.guarded => {}
            None => return Err(Refusal::NeedsName { names: self.names.clone() }),
            Some(name) if self.names.iter().any(|known| known == name) => {}
            Some(name) => {
                return Err(Refusal::OtherName { given: name.to_owned(), names: self.names.clone() });
            }
        }
        self.open = Some(Open { until });
        Ok(())
    }

    /// Shuts it.
    pub const fn close(&mut self) {
        self.open = None;
    }

    /// Shuts it if its time is over, and says whether that happened just now.
    pub fn run_out(&mut self, now: Timestamp) -> bool {
        let over = self.open.is_some() && self.permit(now).is_none();
        if over {
            self.close();
        }
        over
    }

    /// Leave to write now, if it is open.
    pub fn permit(&self, now: Timestamp) -> Option<Permit> {
        let open = self.open?;
        let stands = open.until.is_none_or(|until| now < until);
        stands.then_some(Permit { _only_from_a_gate: () })
    }

    /// How long it stays open, if it shuts by itself.
    pub fn left(&self, now: Timestamp) -> Option<SignedDuration> {
        let until = self.open?.until?;
        (now < until).then(|| until.duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn it_is_shut_until_opened_and_shuts_by_itself() {
        let mut gate = Gate::default();
        assert_eq!(gate.permit(at(0)), None);
        gate.open(None, Some(at(600))).unwrap();
        assert!(gate.permit(at(599)).is_some());
        assert_eq!(gate.left(at(590)), Some(SignedDuration::from_secs(10)));
        assert_eq!(gate.permit(at(600)), None);
        assert!(!gate.run_out(at(599)) && gate.run_out(at(600)) && !gate.run_out(at(601)));
        gate.open(None, None).unwrap();
        assert!(gate.permit(at(1_000_000)).is_some());
        gate.close();
        assert_eq!(gate.permit(at(0)), None);
    }

    #[test]
    fn a_guarded_place_asks_for_its_own_name() {
        let mut gate = Gate::shut(vec!["gprd".into(), "bucket".into()], true);
        assert!(matches!(gate.open(None, None), Err(Refusal::NeedsName { .. })));
        assert!(matches!(gate.open(Some("gstg"), None), Err(Refusal::OtherName { .. })));
        assert_eq!(gate.permit(at(0)), None);
        gate.open(Some("bucket"), None).unwrap();
        assert!(gate.permit(at(0)).is_some());
        let mut unguarded = Gate::shut(vec!["staging".into()], false);
        assert!(unguarded.open(Some("gprd"), None).is_err());
        unguarded.open(Some("staging"), None).unwrap();
    }
}
