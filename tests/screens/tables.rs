//! The panels that are tables: pictures and keys in, frames out.

use quarterdeck::event::{Event, Intent, PanelId};
use quarterdeck::model::{Gate, Subject};
use quarterdeck::sources::kubernetes::picture::Picture;
use quarterdeck::ui::glyphs::{ASCII, Glyphs, UNICODE};

use crate::cluster::{crashing, live, pod, put, watched, zoo};
use crate::desk::Desk;
use crate::house::{NARROW, SMALL, WIDE};

/// A cockpit on a cluster that looks like this.
fn desk(picture: Picture) -> Desk {
    dressed(picture, "dark", UNICODE)
}

fn dressed(picture: Picture, theme: &str, glyphs: Glyphs) -> Desk {
    let mut desk = Desk::with(Gate::shut(Vec::new(), false), theme, glyphs);
    desk.state.session.watched = watched();
    desk.state.kubernetes = picture;
    desk
}

fn chosen(desk: &Desk) -> String {
    desk.state.subject().map(|subject| subject.to_string()).unwrap_or_default()
}

fn keep(desk: &mut Desk, name: &str) {
    for (sheet, size) in [(WIDE, "120x40"), (SMALL, "80x24"), (NARROW, "40x20")] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}-{size}"), desk.frame(sheet));
        });
    }
}

#[test]
fn pods_are_shown_as_kubectl_words_them_each_with_what_explains_it() {
    let mut desk = desk(zoo());
    desk.press("2");
    keep(&mut desk, "pods");
    desk.press("w");
    keep(&mut desk, "pods-wide");
}

#[test]
fn endpoints_are_shown_against_the_pods() {
    let mut desk = desk(zoo());
    desk.press("3");
    keep(&mut desk, "endpoints");
}

#[test]
fn tables_tell_everything_without_colour_and_without_more_than_ascii() {
    for keys in ["2", "3", "4"] {
        let mut desk = dressed(zoo(), "mono", ASCII);
        desk.press(keys);
        let frame = desk.frame(SMALL);
        assert!(frame.is_ascii(), "{frame}");
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("mono-table-{keys}"), frame);
        });
    }
}

#[test]
fn a_row_that_moves_keeps_the_cursor_and_of_one_that_goes_the_neighbour_gets_it() {
    let mut picture = live();
    put(&mut picture, ["a", "b", "c", "d"].map(|name| pod(name, 1)));
    let mut desk = desk(picture);
    desk.press("2 j j");
    assert!(chosen(&desk).ends_with("-c"));
    // Others come and go above it.
    put(&mut desk.state.kubernetes, [pod("aa", 5), crashing("ab", 6)]);
    desk.take(Event::Tick);
    assert!(chosen(&desk).ends_with("-c"));
    assert!(desk.state.screen.notice.is_none());
    desk.press("S S");
    assert!(chosen(&desk).ends_with("-c"), "sorting moved the cursor to {}", chosen(&desk));
    desk.press("N");
    desk.state.kubernetes.pods.retain(|name, _| !name.ends_with("-c"));
    desk.take(Event::Tick);
    assert!(chosen(&desk).ends_with("-d"));
    let said = desk.state.screen.notice.clone().unwrap().text;
    assert!(said.contains("-c is gone") && said.contains("-d"), "{said}");
    // The last one has only a neighbour above.
    desk.press("G");
    desk.state.kubernetes.pods.retain(|name, _| !name.ends_with("-d"));
    desk.take(Event::Tick);
    assert!(chosen(&desk).ends_with("-b"), "{}", chosen(&desk));
    desk.state.kubernetes.pods.clear();
    desk.take(Event::Tick);
    assert_eq!(chosen(&desk), "");
}

#[test]
fn the_default_order_is_by_name_and_letters_sort() {
    let mut desk = desk(zoo());
    desk.press("2 R R");
    assert!(desk.text().contains("RESTARTS▼"));
    desk.press("g");
    assert!(chosen(&desk).ends_with("-crash"));
    desk.press("right g");
    assert!(desk.text().contains("AGE▲"));
}

#[test]
fn filters_name_columns_and_what_does_nothing_is_said() {
    let mut desk = desk(zoo());
    for (filter, count) in [
        ("notready", 1),
        ("!Running", 5),
        ("status:running", 4),
        ("!status:running name:in", 3),
        ("node:gke-node-a", 3),
        ("-f rnng", 4),
        ("10.220.1.1", 6),
        ("zone:west", 9),
    ] {
        desk.press("2 /");
        desk.want(Intent::Type(filter.to_owned()));
        desk.press("enter");
        let table = desk.state.table().unwrap();
        let names: Vec<_> = table.shown.iter().map(|place| place.subject.to_string()).collect();
        assert_eq!(names.len(), count, "{filter}: {names:#?}");
    }
    assert!(desk.text().contains("inactive, no such column: zone:west"), "{}", desk.text());
    desk.press("esc");
    assert_eq!(desk.state.table().unwrap().shown.len(), 9);
}

#[test]
fn unhealthy_rows_are_a_key_away_and_can_be_alone() {
    let mut desk = desk(zoo());
    desk.press("2 ctrl-z");
    let table = desk.state.table().unwrap();
    assert_eq!((table.shown.len(), table.all, table.faulty), (6, 9, 6));
    desk.press("esc g e");
    let first = chosen(&desk);
    desk.press("e E");
    assert_eq!(chosen(&desk), first);
    // A pod that gets well goes out of the faults, and that is said.
    desk.press("ctrl-z");
    let name = first.clone();
    desk.state.kubernetes.pods.insert(name.clone(), pod(name.rsplit('-').next().unwrap(), 2));
    desk.take(Event::Tick);
    assert_ne!(chosen(&desk), first);
    assert!(desk.state.screen.notice.clone().unwrap().text.contains("not among the rows shown"));
}

#[test]
fn an_address_leads_to_its_pod_and_back() {
    let mut desk = desk(zoo());
    desk.press("3 g enter");
    assert_eq!(desk.state.screen.panel, PanelId::Pods);
    assert!(
        matches!(desk.state.subject(), Some(Subject::Pod(name)) if name.ends_with("-running-a")),
        "{}",
        chosen(&desk)
    );
    desk.press("esc");
    assert_eq!(desk.state.screen.panel, PanelId::Endpoints);
}
