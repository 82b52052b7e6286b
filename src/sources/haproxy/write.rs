//! Sets state and weight of servers. Nothing else here gives HAProxy a command that changes anything, and this takes
//! a permit.

use std::time::Duration;

use super::address::Address;
use super::client::ask;
use super::facts::{Look, ServerState};
use super::look::Looker;
use super::picture::admin;
use super::watch::{Named, Options};
use crate::model::text::clean;
use crate::model::{AdminState, Permit, SetServer, Setting, place};
use crate::sources::Trouble;

/// The instances of a profile, for setting something on them.
#[derive(Clone, Debug)]
pub struct Fleet {
    instances: Vec<Named>,
    deadline: Duration,
}

/// Why nothing was set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSet {
    /// HAProxy said so, in its words.
    #[error("{0}")]
    Refused(String),
    /// Nobody said whether it was.
    #[error("{}", .0.why)]
    Unanswered(Trouble),
}

impl Fleet {
    /// The instances that are watched.
    pub fn new(options: &Options) -> Self {
        Self { instances: options.instances.clone(), deadline: options.deadline }
    }

    /// In the configured order.
    pub fn instances(&self) -> &[Named] {
        &self.instances
    }

    /// What stands for all of them where the URL of a store would.
    pub fn place(&self) -> String {
        place(self.instances.iter().map(|named| format!("{}={}", named.name, named.address)))
    }

    /// The instance that a change is for, if it is still called so and still there.
    pub fn of(&self, change: &SetServer) -> Option<&Named> {
        self.instances
            .iter()
            .find(|named| named.name == change.instance && named.address.to_string() == change.socket)
    }

    /// What an instance says now.
    ///
    /// # Errors
    ///
    /// It does not.
    pub async fn look(&self, named: &Named) -> Result<Look, Trouble> {
        Looker::new(named, self.deadline)?.look().await
    }

    /// Sets what is to be set. Whether it is, only another look tells.
    ///
    /// # Errors
    ///
    /// It was refused, or not answered.
    pub async fn set(&self, _permit: Permit, address: &Address, change: &SetServer) -> Result<(), NotSet> {
        if !is_name(&change.backend) || !is_name(&change.server) {
            return Err(NotSet::Refused("no server of HAProxy can be called so".to_owned()));
        }
        let answer = ask(address, &change.commands().join(";"), self.deadline).await;
        match answer.map_err(NotSet::Unanswered)?.trim() {
            "" => Ok(()),
            words => Err(NotSet::Refused(clean(&words.replace('\n', " ")).into_owned())),
        }
    }
}

/// Whether HAProxy's configuration could call a proxy or server so; nothing else may get into a command.
fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    !text.is_empty() && text.chars().all(allowed)
}

impl ServerState {
    /// What somebody or the configuration file set.
    pub const fn setting(&self) -> Setting {
        let state = if self.admin & admin::FORCED_MAINTENANCE != 0 {
            AdminState::Maint
        } else if self.admin & admin::FORCED_DRAIN != 0 {
            AdminState::Drain
        } else {
            AdminState::Ready
        };
        Setting { state, weight: self.user_weight }
    }
}

impl Look {
    /// The state of a server, where states could be had and it is there.
    pub fn state_of(&self, backend: &str, server: &str) -> Option<&ServerState> {
        let mut servers = self.servers.iter().flatten();
        servers.find(|state| state.backend == backend && state.server == server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_by_hand_is_told_from_what_is_inherited() {
        use AdminState::{Drain, Maint, Ready};
        for (admin, state) in
            [(0, Ready), (1, Maint), (5, Maint), (4, Ready), (8, Drain), (16, Ready), (34, Ready)]
        {
            assert_eq!(ServerState { admin, ..ServerState::default() }.setting().state, state, "{admin}");
        }
    }

    #[test]
    fn no_name_brings_a_second_command() {
        for text in ["", "a b", "a;show env", "a\nb", "a/b", "b\u{e4}r"] {
            assert!(!is_name(text), "{text:?}");
        }
        assert!(is_name("gke-registry_1.a:5000"));
    }
}
