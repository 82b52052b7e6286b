//! Where a paged answer goes on.

/// The target of the first `rel="next"` in a `Link` header.
pub(super) fn next(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some((_, open)) = rest.split_once('<') {
        let (target, after) = open.split_once('>')?;
        let parameters = after.split_once('<').map_or(after, |(before, _)| before);
        if parameters.split([';', ',']).any(is_next) {
            return Some(target);
        }
        rest = after;
    }
    None
}

fn is_next(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        let value = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel")
            && value.split(' ').any(|rel| rel.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (header, target) in [
            ("</v2/x/tags/list?last=b&n=2>; rel=\"next\"", Some("/v2/x/tags/list?last=b&n=2")),
            ("<https://h/a,b>; title=\"x\"; REL=next", Some("https://h/a,b")),
            ("</first>; rel=\"first\", </second>; rel=\"next\"", Some("/second")),
            ("</both>; rel=\"last next\"", Some("/both")),
            ("</first>; rel=\"first\"", None),
            ("</cut; rel=\"next\"", None),
            ("", None),
        ] {
            assert_eq!(next(header), target, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read(header in any::<String>()) {
            let _ = next(&header);
        }
    }
}
