//! A page of a listing, held against what was asked for.

use super::failure::Failure;
use super::metadata::Metadata;
use super::place::Place;
use crate::storage::{Delimiter, Page, PageToken};

/// Empty pages in a row that promise more; a bucket full of old versions has a few, a broken proxy has no end.
const BARREN: u32 = 200;

/// A page as the server gave it.
pub struct Listing {
    pub objects: Vec<Metadata>,
    pub prefixes: Vec<String>,
    pub next: Option<String>,
}

/// What a listing goes on from: the server's own token, and what keeps the server honest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The server's token; empty at the start.
    pub token: String,
    /// The last name listed; empty at the start.
    last: String,
    /// Pages without any name since then.
    barren: u32,
}

impl Position {
    /// The position that a page token of ours stands for.
    pub fn parse(token: Option<&PageToken>) -> Result<Self, Failure> {
        let Some(PageToken(text)) = token else { return Ok(Self::default()) };
        let parts = text.splitn(3, ':').collect::<Vec<_>>();
        let parsed = match parts[..] {
            [barren, length, rest] => {
                barren.parse().ok().zip(length.parse().ok().and_then(|at| rest.split_at_checked(at)))
            }
            _ => None,
        };
        let (barren, (token, last)) =
            parsed.ok_or_else(|| Failure::broken("not a page token of this store"))?;
        Ok(Self { token: token.to_owned(), last: last.to_owned(), barren })
    }

    fn token(&self) -> PageToken {
        PageToken(format!("{}:{}:{}{}", self.barren, self.token.len(), self.token, self.last))
    }
}

impl Listing {
    /// The page, if everything in it can be true.
    pub fn page(
        self,
        place: &Place,
        prefix: &str,
        delimiter: Delimiter,
        from: &Position,
    ) -> Result<Page, Failure> {
        let prefix = place.name(prefix);
        let objects = self.objects.iter().map(|object| object.name.as_str());
        let last_object = rising(objects, &from.last, |name| fits(name, &prefix, delimiter))?;
        let prefixes = self.prefixes.iter().map(String::as_str);
        let last_prefix = rising(prefixes, &from.last, |name| is_next_level(name, &prefix, delimiter))?;
        let last = last_object.max(last_prefix).map(str::to_owned);
        let next =
            self.next.filter(|token| !token.is_empty()).map(|token| from.next(token, last)).transpose()?;
        let mut page = Page { next: next.map(|next| next.token()), ..Page::default() };
        for object in self.objects {
            let entry = object.entry(place)?;
            // The marker of the root itself is no object below the root.
            if !entry.key.is_empty() {
                page.entries.push(entry);
            }
        }
        page.prefixes = self.prefixes.iter().filter_map(|name| place.key(name)).map(str::to_owned).collect();
        Ok(page)
    }
}

impl Position {
    fn next(&self, token: String, last: Option<String>) -> Result<Self, Failure> {
        if token == self.token {
            return Err(Failure::broken("the listing leads back to the same page"));
        }
        let barren = if last.is_some() { 0 } else { self.barren + 1 };
        if barren > BARREN {
            return Err(Failure::broken(format!("{barren} empty pages in a row, and each promises more")));
        }
        Ok(Self { token, last: last.unwrap_or_else(|| self.last.clone()), barren })
    }
}

/// The last of `names`, which must all fit and rise from `after` on.
fn rising<'a>(
    names: impl Iterator<Item = &'a str>,
    after: &'a str,
    fits: impl Fn(&str) -> bool,
) -> Result<Option<&'a str>, Failure> {
    let mut last = None;
    for name in names {
        if !fits(name) {
            return Err(Failure::broken(format!("the listing holds {name:?}, which was not asked for")));
        }
        if name <= last.unwrap_or(after) {
            return Err(Failure::broken(format!("the listing is out of order at {name:?}")));
        }
        last = Some(name);
    }
    Ok(last)
}

fn fits(name: &str, prefix: &str, delimiter: Delimiter) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| delimiter == Delimiter::None || !rest.contains('/'))
}

fn is_next_level(name: &str, prefix: &str, delimiter: Delimiter) -> bool {
    let level = name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('/'));
    delimiter == Delimiter::Slash && level.is_some_and(|level| !level.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(objects: &[&str], prefixes: &[&str], next: &str) -> Listing {
        let metadata = |name: &&str| Metadata {
            name: (*name).to_owned(),
            generation: 1,
            size: 0,
            updated: None,
            checksum: None,
        };
        Listing {
            objects: objects.iter().map(metadata).collect(),
            prefixes: prefixes.iter().map(|name| (*name).to_owned()).collect(),
            next: Some(next.to_owned()),
        }
    }

    fn read(listing: Listing, delimiter: Delimiter, from: &Position) -> Result<Page, Failure> {
        listing.page(&Place::parse("bucket/root").unwrap(), "a/", delimiter, from)
    }

    #[test]
    fn a_page_that_can_be_true_is_believed() {
        let page = read(
            listing(&["root/a/", "root/a/x"], &["root/a/b/"], ""),
            Delimiter::Slash,
            &Position::default(),
        );
        let page = page.unwrap();
        assert_eq!(page.entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["a/", "a/x"]);
        assert_eq!((page.prefixes, page.next), (vec!["a/b/".to_owned()], None));
    }

    #[test]
    fn a_page_that_cannot_be_true_is_broken() {
        let start = Position::default();
        let later = Position { token: "t".to_owned(), last: "root/a/m".to_owned(), barren: 0 };
        let table = [
            (&["root/b/x"][..], &[][..], "", Delimiter::None, &start, "outside the prefix"),
            (&["x"], &[], "", Delimiter::None, &start, "outside the root"),
            (&["root/a/y", "root/a/x"], &[], "", Delimiter::None, &start, "out of order"),
            (&["root/a/x", "root/a/x"], &[], "", Delimiter::None, &start, "twice"),
            (&["root/a/b/x"], &[], "", Delimiter::Slash, &start, "below the next level"),
            (&[], &["root/a/b"], "", Delimiter::Slash, &start, "a prefix without its slash"),
            (&[], &["root/a/b/c/"], "", Delimiter::Slash, &start, "a prefix two levels down"),
            (&[], &["root/a/b/"], "", Delimiter::None, &start, "a prefix unasked"),
            (&["root/a/m"], &[], "", Delimiter::None, &later, "again what the page before had"),
            (&["root/a/z"], &[], "t", Delimiter::None, &later, "back to the same page"),
        ];
        for (objects, prefixes, next, delimiter, from, why) in table {
            let page = read(listing(objects, prefixes, next), delimiter, from);
            assert!(
                matches!(page, Err(Failure::Failed(crate::storage::ErrorKind::Broken, _))),
                "{why}: {page:?}"
            );
        }
    }

    #[test]
    fn empty_pages_end_some_day() {
        let (mut position, mut pages) = (Position::default(), 0);
        while let Ok(page) = read(listing(&[], &[], &format!("t{pages}")), Delimiter::None, &position) {
            position = Position::parse(page.next.as_ref()).unwrap();
            pages += 1;
        }
        assert_eq!(pages, BARREN);
    }

    #[test]
    fn a_position_survives_the_way_through_a_token() {
        for (token, last) in [("", ""), ("a:b", "é/x:y"), ("3:", "\n")] {
            let position = Position { token: token.to_owned(), last: last.to_owned(), barren: 7 };
            assert_eq!(Position::parse(Some(&position.token())), Ok(position));
        }
        for bad in ["", "x", "1:2", "1:99:short", "1:1:é"] {
            assert!(Position::parse(Some(&PageToken(bad.to_owned()))).is_err(), "{bad}");
        }
    }
}
