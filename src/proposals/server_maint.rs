//! Takes a server out of use: nothing goes there, and nobody checks it.

use super::servers::{self, Wanted};
use super::{Ground, NoProposal};
use crate::model::{AdminState, Item, Setting, Target};

pub async fn item(ground: &Ground<'_>, target: &Target) -> Result<Item, NoProposal> {
    let wanted = Wanted {
        to: &|was, _| Ok(Setting { state: AdminState::Maint, ..was }),
        after: "nothing goes there, not even from clients that stick to it; what runs there goes on to its end"
            .to_owned(),
        mind: vec![
            "its checks stop, so nobody sees whether it comes back; draining keeps them, and the clients that stick to it"
                .to_owned(),
        ],
    };
    servers::item(ground, target, wanted).await
}
