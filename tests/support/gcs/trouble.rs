//! What can go wrong with an answer.

use super::Request;
use super::bucket::Listing;

/// What a request wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    List,
    Stat,
    Read,
    Create,
    Delete,
    Restore,
    Copy,
    /// Only the server's clock (HTTP).
    Clock,
}

/// How an answer goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A refusal by HTTP status (gRPC: the code that corresponds), with seconds to wait.
    Refuse { status: u16, message: String, retry_after: Option<u32> },
    /// The deed is done, and then the answer is lost behind this status.
    DoneButRefuse { status: u16 },
    /// No answer, ever.
    Hang,
    /// The connection closes in the middle of the answer.
    Cut,
    /// Status 200 and something that is not an answer.
    Garbage,
    /// A well-formed untruth.
    Lie(Lie),
}

/// Well-formed untruths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// Metadata tell one byte more than there is.
    SizeOneMore,
    /// The bytes come short, and nothing but the metadata shows it.
    BytesOneLess,
    /// A byte differs; the checksums tell.
    BytesDiffer,
    /// Another object's metadata.
    OtherName,
    /// The generation is missing or zero.
    NoGeneration,
    /// The range is not the one asked for.
    OtherRange,
    /// The page token leads to the same page again.
    SameToken,
    /// Empty pages that promise more, for ever, with new tokens.
    EmptyPages,
    /// An object from outside the prefix.
    Stranger,
    /// Names out of order.
    Unsorted,
    /// A name twice.
    Twice,
}

/// A trouble, and when it strikes.
#[derive(Clone, Debug)]
pub struct Fault {
    call: Call,
    part: String,
    left: usize,
    skip: usize,
    trouble: Trouble,
}

impl Trouble {
    /// A refusal without a time to wait.
    pub fn refuse(status: u16, message: &str) -> Self {
        Self::Refuse { status, message: message.to_owned(), retry_after: None }
    }

    /// A refusal that asks to wait so many seconds.
    pub fn throttle(seconds: u32) -> Self {
        let message = "The rate limit was exceeded.".to_owned();
        Self::Refuse { status: 429, message, retry_after: Some(seconds) }
    }
}

impl Fault {
    /// Strikes every `call`.
    pub fn on(call: Call, trouble: Trouble) -> Self {
        Self { call, part: String::new(), left: usize::MAX, skip: 0, trouble }
    }

    /// Strikes only where the key has `part` in it.
    pub fn key(self, part: &str) -> Self {
        Self { part: part.to_owned(), ..self }
    }

    /// Strikes only so often.
    pub fn times(self, times: usize) -> Self {
        Self { left: times, ..self }
    }

    /// Lets so many pass first.
    pub fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    pub(super) fn strike(&mut self, request: &Request) -> Option<Trouble> {
        if self.call != request.call || !request.key.contains(&self.part) || self.left == 0 {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.left -= 1;
        Some(self.trouble.clone())
    }
}

impl Lie {
    /// Bends a page of a listing that was asked for with `token`.
    pub(super) fn bend(self, page: &mut Listing, token: &str) {
        match self {
            Self::SameToken => page.next = Some(if token.is_empty() { "again" } else { token }.to_owned()),
            Self::EmptyPages => *page = Listing { next: Some(format!("{token}x")), ..Listing::default() },
            Self::Stranger => {
                if let Some(object) = page.objects.first_mut() {
                    object.name.insert_str(0, "!stranger/");
                }
            }
            Self::Unsorted => page.objects.reverse(),
            Self::Twice => {
                let again = page.objects.first().cloned();
                page.objects.splice(0..0, again);
            }
            Self::SizeOneMore => page.objects.iter_mut().for_each(|object| object.size += 1),
            Self::NoGeneration => page.objects.iter_mut().for_each(|object| object.generation = 0),
            Self::BytesOneLess | Self::BytesDiffer | Self::OtherName | Self::OtherRange => {}
        }
    }
}
