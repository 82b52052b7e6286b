//! Makes of what was read what is kept: owned, sanitised, without secrets, and of bounded length.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::wrapping::Body;
use crate::logs::fields::Fields;
use crate::logs::line::{Client, Error, Line, Request};
use crate::logs::{pattern, subject, without_port};
use crate::model::text::{clean, redact, sanitise};

/// The longest field that is kept, in bytes.
const LONGEST_FIELD: usize = 4096;
/// How far a secret may reach beyond what is kept and still be known for one.
const SECRET: usize = 4096;
/// A clock is believed that is ahead of ours by so much. Lines that are further ahead would stay the newest for as long,
/// and push out of what is kept all that come in time.
const AHEAD: SignedDuration = SignedDuration::from_secs(5);

/// The line as it is kept, of which body and fields are known; `bytes` is its length as it was read, `collected` when
/// whoever handed it to us got it, `arrived` is now.
pub fn keep(
    body: &Body<'_>,
    fields: &Fields<'_>,
    bytes: usize,
    collected: Option<Timestamp>,
    arrived: Timestamp,
) -> Line {
    let (text, is_plain) = text(&body.text, bytes);
    let cleaner = Cleaner { is_plain };
    let believed = |at: &Timestamp| at.duration_since(arrived) <= AHEAD;
    let times = [fields.time, body.at, collected];
    let line = Line {
        at: times.into_iter().flatten().find(believed).unwrap_or(arrived),
        layer: fields.layer,
        level: fields.level,
        text,
        message: cleaner.field(fields.message.as_ref()),
        request: request(fields, cleaner).map(Box::new),
        error: error(fields, cleaner).map(Box::new),
        fingerprint: 0,
        bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
    };
    Line { fingerprint: pattern::fingerprint(&line), ..line }
}

/// The text to show, and whether there was no secret in it.
fn text(body: &str, bytes: usize) -> (Box<str>, bool) {
    let looked_at = &body[..body.floor_char_boundary(Line::LONGEST + SECRET)];
    let redacted = redact(looked_at);
    let is_plain = matches!(redacted, Cow::Borrowed(_)) && looked_at.len() == body.len();
    let shown = sanitise(&redacted);
    let text = match shown.len() <= Line::LONGEST && looked_at.len() == body.len() {
        true => shown.into(),
        false => {
            let word = format!(" … cut, {bytes} bytes in all");
            let kept = shown.floor_char_boundary(Line::LONGEST - word.len());
            format!("{}{word}", &shown[..kept]).into()
        }
    };
    (text, is_plain)
}

/// Cleans fields of one line.
#[derive(Clone, Copy)]
struct Cleaner {
    /// There is no secret in the line, as it is written.
    is_plain: bool,
}

impl Cleaner {
    fn field(self, field: Option<&Cow<'_, str>>) -> Option<Box<str>> {
        // A field whose escapes were taken back is not what was looked at as part of the line.
        field.map(|field| self.text(field, matches!(field, Cow::Borrowed(_))))
    }

    /// `is_verbatim`: it stands in the line as it is.
    fn text(self, field: &str, is_verbatim: bool) -> Box<str> {
        let looked_at = &field[..field.floor_char_boundary(LONGEST_FIELD + SECRET)];
        let safe = if self.is_plain && is_verbatim { sanitise(looked_at) } else { clean(looked_at) };
        match safe.len() <= LONGEST_FIELD {
            true => safe.into(),
            false => format!("{}…", &safe[..safe.floor_char_boundary(LONGEST_FIELD - '…'.len_utf8())]).into(),
        }
    }
}

fn request(fields: &Fields<'_>, cleaner: Cleaner) -> Option<Request> {
    let uri = cleaner.field(fields.uri.as_ref())?;
    Some(Request {
        method: cleaner.field(fields.method.as_ref()).unwrap_or_default(),
        subject: subject::of(fields),
        uri,
        status: fields.status,
        took: fields.took,
        written: fields.written,
        client: Client {
            address: fields.address.as_deref().map(|text| cleaner.text(without_port(text), false)),
            agent: cleaner.field(fields.agent.as_ref()),
        },
        id: cleaner.field(fields.id.as_ref()),
        server: cleaner.field(fields.server.as_ref()),
    })
}

fn error(fields: &Fields<'_>, cleaner: Cleaner) -> Option<Error> {
    let parts = [&fields.code, &fields.error, &fields.detail];
    let [code, message, detail] = parts.map(|part| cleaner.field(part.as_ref()));
    (code.is_some() || message.is_some() || detail.is_some()).then(|| Error {
        code: code.unwrap_or_default(),
        message: message.unwrap_or_default(),
        detail: detail.unwrap_or_default(),
    })
}
