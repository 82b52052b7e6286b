//! What keys do, told as stories over the demonstration's tree.

use crate::house::{House, NARROW, SMALL, WIDE};

const HOTFIX: &str = "type::tag space type:signal/bridge/relay:hotfix-42 enter";

#[tokio::test]
async fn a_tag_is_reached_by_name_without_listing_its_neighbourhood() {
    let house = House::demo();
    let frame = house.frame(HOTFIX, WIDE).await;
    assert!(frame.contains("signal/bridge/relay:hotfix-42"), "{frame}");
    assert!(frame.contains("manifest-blob-missing"), "{frame}");
}

#[tokio::test]
async fn escape_goes_one_level_back_and_q_leaves_only_at_the_root() {
    let house = House::demo();
    let chain = house.frame(&format!("{HOTFIX} enter"), SMALL).await;
    let back = house.frame(&format!("{HOTFIX} enter esc"), SMALL).await;
    assert!(chain.contains("tag link") && !back.contains("tag link"), "{chain}\n{back}");
    let from_overview = house.frame("j e 1 enter", SMALL).await;
    let returned = house.frame("j e 1 enter esc", SMALL).await;
    assert!(!from_overview.contains("1 Overview ─") && returned.contains("1 Overview ─"), "{returned}");
    let help_closed = house.frame("? q", SMALL).await;
    assert_eq!(help_closed, house.frame("", SMALL).await);
}

#[tokio::test]
async fn the_way_back_leads_through_what_was_seen() {
    let house = House::demo();
    let bucket = house.frame(HOTFIX, WIDE).await;
    let there_and_back = house.frame(&format!("{HOTFIX} 1 ["), WIDE).await;
    assert_eq!(there_and_back, bucket);
    let forward = house.frame(&format!("{HOTFIX} 1 [ ]"), WIDE).await;
    assert!(forward.contains("1 Overview ─"), "{forward}");
}

#[tokio::test]
async fn copies_hold_what_was_asked_for_and_nothing_of_the_frame() {
    let house = House::demo();
    for (keys, copied) in [
        ("c", "signal/bridge/relay:hotfix-42".to_owned()),
        (
            "C j enter",
            format!(
                "{}/docker/registry/v2/repositories/signal/bridge/relay/_manifests/tags/hotfix-42/current/link",
                house.folder.path().display()
            ),
        ),
        ("C j j j enter", format!("quarterdeck scan --bucket {} signal/bridge/relay:hotfix-42", house.url())),
    ] {
        let paper = house.paper(&format!("{HOTFIX} {keys}"), WIDE).await;
        assert_eq!(paper.copied, [copied], "{keys}");
    }
}

#[tokio::test]
async fn a_copied_name_holds_nothing_that_a_terminal_would_act_on() {
    let house = House::empty();
    let tags = house.folder.path().join("docker/registry/v2/repositories/g/p/_manifests/tags");
    std::fs::create_dir_all(tags.join("zz\nls")).unwrap();
    let paper = house.paper("G c", WIDE).await;
    assert_eq!(paper.copied, [r"$'g/p:zz\nls'"], "{}", house.text(&paper));
}

#[tokio::test]
async fn a_filter_never_moves_the_selection_to_another_tag_that_passes() {
    let house = House::demo();
    let frame = house.frame(&format!("{HOTFIX} / type:relay enter c"), WIDE).await;
    assert!(frame.contains("hotfix-42"), "{frame}");
    let paper = house.paper(&format!("{HOTFIX} / type:relay enter c"), WIDE).await;
    assert_eq!(paper.copied, ["signal/bridge/relay:hotfix-42"]);
}

#[tokio::test]
async fn control_c_stops_and_twice_leaves() {
    let house = House::demo();
    let once = house.frame("ctrl-c", SMALL).await;
    assert!(once.contains("Ctrl-c again leaves"), "{once}");
    // After leaving no key is read any more: the help is not opened.
    let twice = house.frame("ctrl-c ctrl-c ?", SMALL).await;
    assert!(!twice.contains("Help"), "{twice}");
}

#[tokio::test]
async fn help_lists_only_keys_that_are_valid_now() {
    let house = House::demo();
    let tree = house.frame("?", WIDE).await;
    let overview = house.frame("1 ?", WIDE).await;
    assert!(tree.contains("Filter by name") && !overview.contains("Filter by name"), "{tree}\n{overview}");
}

#[tokio::test]
async fn the_first_fault_is_one_key_away_whatever_is_on_the_screen() {
    let house = House::demo();
    // On the smallest screen no broken tag was looked at yet when the key is pressed.
    for sheet in [WIDE, SMALL, NARROW] {
        let paper = house.paper("e c", sheet).await;
        let broken = ["cartography/tiles/renderer:v1.5.0", "signal/bridge/relay:hotfix-42"];
        assert!(broken.contains(&paper.copied[0].as_str()), "{:?}", paper.copied);
    }
    let around = house.paper("e e e e c", WIDE).await;
    assert_eq!(around.copied.len(), 1);
}

#[tokio::test]
async fn a_broken_tag_says_what_is_broken_what_a_pull_answers_and_what_to_do() {
    let house = House::demo();
    for (fault, title, answer, cure) in [
        ("empty-current-link", "The tag's link is empty.", "GET by tag 500", "re-push"),
        ("manifest-blob-missing", "The manifest is linked but not stored.", "GET by tag 404", "re-push"),
        ("layer-link-missing", "A layer is stored but not linked", "part 404", "restore link"),
        ("index-children-collected", "are no longer linked", "part 404", "re-push"),
    ] {
        let tag = format!("type::tag space type:drydock/faults/{fault}:bad enter");
        for (script, sheet) in [(&tag, WIDE), (&tag, SMALL), (&format!("{tag} enter"), SMALL)] {
            let frame = house.frame(script, sheet).await;
            let words = frame.replace(['│', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
            for expected in [fault, title, answer, cure, "$ ", "docker/registry/v2/"] {
                assert!(words.contains(expected), "{expected} in {script} on {sheet:?}:\n{frame}");
            }
        }
    }
}
