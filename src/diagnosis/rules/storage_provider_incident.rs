//! The storage's provider says that something is wrong there.

use super::Judgement;
use crate::diagnosis::finding::{Evidence, Finding, Impact, Witness};
use crate::diagnosis::look::{Lack, Look, Need};
use crate::diagnosis::path::google::is_of_storage;
use crate::diagnosis::words::{clip, some};
use crate::logs::StoreFault;
use crate::sources::Health;
use crate::sources::google::facts::Incident;

pub const ID: &str = "storage-provider-incident";

/// A line or two may be of one odd object.
const ENOUGH: u64 = 3;

pub fn look(look: &Look<'_>) -> Result<Judgement, Need> {
    const WHAT: &str = "incidents of the provider";
    if !look.watched.google {
        return Err(Need::off(WHAT));
    }
    match &look.google.status {
        Health::Off => return Err(Need::off(WHAT)),
        Health::Waiting => return Err(Need::waiting(WHAT)),
        Health::Down { trouble, .. } => {
            return Err(Need::blind(WHAT, &format!("{}: {}", trouble.kind.name(), trouble.why)));
        }
        Health::Live { .. } => {}
    }
    let found: Vec<_> = look
        .google
        .incidents
        .iter()
        .filter(|incident| is_of_storage(incident))
        .map(|incident| finding(look, incident))
        .collect();
    Ok(match found.is_empty() {
        true => Judgement::Clear("the provider tells of no incident of its storage".to_owned()),
        false => Judgement::Fires(found),
    })
}

/// Whether an incident is ours nobody has said: what is seen of the bucket itself speaks for or against that.
fn finding(look: &Look<'_>, incident: &Incident) -> Finding {
    let products = some(incident.products.iter().map(String::as_str));
    let impact = incident.impact.to_lowercase().replace('_', " ");
    let places = match incident.locations.is_empty() {
        true => String::new(),
        false => format!(" in {}", some(incident.locations.iter().map(String::as_str))),
    };
    let words = format!("{products}{places}: {impact}, {}: {}", incident.severity, clip(&incident.text));
    let mut evidence = vec![Evidence::hint(Witness::Google, words).seen(look.google.status.seen())];
    let mut against = Vec::new();
    // A store that is gone or late may be the provider's fault; one that is full or denies the registry is not.
    let says = [StoreFault::Gone, StoreFault::Slow]
        .into_iter()
        .find_map(|fault| look.logs().ok()?.ailing.of(fault, look.now).filter(|(_, count)| *count >= ENOUGH));
    let told = says.is_some();
    evidence.extend(says.map(|(ail, _)| {
        let words = format!("the registry says so of its store: {}", clip(&ail.says));
        Evidence::hint(Witness::Logs, words).seen(Some(ail.last))
    }));
    match look.bucket() {
        Ok(_) if told => {}
        Ok(_) => against.push(Evidence::hint(Witness::Bucket, "our bucket can be read")),
        Err(Need { lack: Lack::Blind, what }) => evidence.push(Evidence::hint(Witness::Bucket, what)),
        Err(_) => {}
    }
    let address = incident.url.as_ref().map_or(String::new(), |url| format!(": {url}"));
    Finding {
        rule: ID,
        words: format!("The provider has an open incident of {products}: {impact}"),
        impact: if incident.impact == "SERVICE_INFORMATION" { Impact::Risk } else { Impact::Degraded },
        about: Vec::new(),
        since: incident.began,
        evidence,
        against,
        next: format!("Read the incident and compare region and time with what fails here{address}"),
        verbs: Vec::new(),
    }
}
