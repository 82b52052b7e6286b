//! Every screen as text: a tree and keys in, a frame out, reviewed by eye and kept as snapshots.

#![allow(clippy::unwrap_used, reason = "support of tests")]

mod balancers;
mod balancing;
mod behaviour;
mod big;
mod cluster;
mod deeds;
mod desk;
mod dialogs;
mod documents;
mod house;
mod logs;
mod mode;
mod overview;
mod radar;
mod runbook;
mod tables;
mod trouble;

use house::{House, NARROW, SMALL, WIDE};
use quarterdeck::runtime::Sheet;
use quarterdeck::ui::glyphs::ASCII;

/// Screens of the demonstration's tree, by name and keys.
const SCREENS: &[(&str, &str)] = &[
    ("start", ""),
    ("overview", "1"),
    ("fault", "j j type::tag space type:signal/bridge/relay:hotfix-42 enter"),
    ("chain", "type::tag space type:signal/bridge/relay:hotfix-42 enter enter"),
    ("layers", "type::tag space type:base/alder/runtime:latest enter enter w"),
    ("raw-link", "type::tag space type:signal/bridge/relay:hotfix-42 enter y"),
    ("raw-manifest", "type::tag space type:base/alder/runtime:latest enter enter j j enter"),
    ("describe", "type::tag space type:signal/bridge/relay:hotfix-42 enter d"),
    ("internals", "type::tag space type:base/alder/runtime:latest enter x backspace"),
    ("faults-only", "ctrl-z"),
    ("filter", "/ type:v1.[01]"),
    ("filter-inverse", "/ type:!v1 enter"),
    ("help", "?"),
    ("actions", "a"),
    ("copy", "C"),
    ("palette", "type::t"),
    ("palette-mistake", "type::tga enter"),
    ("uri", "type::uri space type:/v2/base/alder/runtime/manifests/v1.1.0 enter"),
    ("inert", "ctrl-k"),
];

async fn keep(house: &House, name: &str, keys: &str, sheet: Sheet) {
    let paper = house.paper(keys, sheet).await;
    let frame = format!("{}\nstyles {:08x}", house.text(&paper), paper.styles());
    insta::with_settings!({ description => keys, omit_expression => true }, {
        insta::assert_snapshot!(format!("{name}-{}x{}", sheet.columns, sheet.rows), frame);
    });
}

#[tokio::test]
async fn screens_of_the_demonstration() {
    let house = House::demo();
    for (name, keys) in SCREENS {
        keep(&house, name, keys, WIDE).await;
        keep(&house, name, keys, SMALL).await;
    }
    for (name, keys) in [SCREENS[0], SCREENS[2], SCREENS[3]] {
        keep(&house, name, keys, NARROW).await;
    }
}

#[tokio::test]
async fn mono_and_ascii_tell_every_state_by_sign_and_word() {
    let mut house = House::demo();
    (house.theme, house.glyphs) = ("mono", ASCII);
    for (name, keys) in [SCREENS[0], SCREENS[1], SCREENS[2]] {
        let paper = house.paper(keys, SMALL).await;
        let plain = |colour| matches!(colour, None | Some(ratatui::style::Color::Reset));
        let coloured = paper.buffer().content.iter().filter(|cell| {
            let style = cell.style();
            !plain(style.fg) || !plain(style.bg)
        });
        assert_eq!(coloured.count(), 0, "{name} has colours");
        let text = house.text(&paper);
        assert!(text.is_ascii(), "{name} is not ASCII:\n{text}");
        keep(&house, &format!("mono-{name}"), keys, SMALL).await;
    }
}
