//! `GET` and `HEAD` of blobs, whole or in part.

use std::ops::Range;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answers::Refusal;
use super::links;
use crate::registry::digest::Digest;
use crate::registry::layout::Key;
use crate::registry::reference::Repository;
use crate::storage::ObjectStore;

/// What a client of that digest gets.
pub async fn get(
    store: &dyn ObjectStore,
    repository: &Repository,
    digest: &Digest,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let link = Key::LayerLink { repository: repository.clone(), digest: digest.clone() };
    let found = links::follow(store, &[link]).await?;
    let (target, entry) = found.ok_or_else(|| Refusal::no_blob(&digest.to_string()))?;
    let size = entry.size.unwrap_or_default();
    let wanted = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let range = match wanted.map(|text| part(text, size)) {
        None | Some(Part::Whole) => None,
        Some(Part::Of(range)) => Some(range),
        Some(Part::Beyond) => {
            let unsatisfied = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, unsatisfied).into_response());
        }
    };
    let bytes = store.read(&Key::BlobData { digest: target.clone() }.path(), range.clone()).await?.bytes;
    let answer = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::ETAG, format!("\"{target}\"")),
        (header::HeaderName::from_static("docker-content-digest"), target.to_string()),
        (header::CACHE_CONTROL, "max-age=31536000".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let Some(range) = range else { return Ok((answer, bytes).into_response()) };
    let shown = [(header::CONTENT_RANGE, format!("bytes {}-{}/{size}", range.start, range.end - 1))];
    Ok((StatusCode::PARTIAL_CONTENT, answer, shown, bytes).into_response())
}

/// Which part of a blob is wanted.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Of(Range<u64>),
    Beyond,
}

/// Reads `bytes=5-9`, `bytes=5-` and `bytes=-5`; what else there is counts as a wish for the whole.
fn part(text: &str, size: u64) -> Part {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|text| text.split_once('-')) else {
        return Part::Whole;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if last >= first => first..size.min(last.saturating_add(1)),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => size.saturating_sub(count)..size,
        _ => return Part::Whole,
    };
    if range.start >= size { Part::Beyond } else { Part::Of(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_at_the_end() {
        for (text, expected) in [
            ("bytes=0-3", Part::Of(0..4)),
            ("bytes=4-99", Part::Of(4..10)),
            ("bytes=4-", Part::Of(4..10)),
            ("bytes=-3", Part::Of(7..10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=3-1", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            assert_eq!(part(text, 10), expected, "{text}");
        }
    }
}
