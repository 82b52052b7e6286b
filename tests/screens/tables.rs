//! The panels that are tables: pictures and keys in, frames out.

use quarterdeck::event::{Event, Intent, PanelId};
use quarterdeck::model::{Gate, Subject};
use quarterdeck::sources::kubernetes::objects::Kind;
use quarterdeck::sources::kubernetes::picture::Picture;
use quarterdeck::sources::{Health, Trouble, TroubleKind};
use quarterdeck::ui::glyphs::{ASCII, Glyphs, UNICODE};

use crate::cluster::{address, ago, autoscaler, crashing, live, pod, put, slice, watched, zoo};
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
fn what_several_pods_share_is_told_above_them() {
    let mut picture = live();
    put(
        &mut picture,
        (0..20).map(|number| match number {
            0..17 => crashing(&format!("c{number:02}"), number),
            _ => pod(&format!("r{number}"), number),
        }),
    );
    picture.autoscalers.insert("gitlab-registry".into(), autoscaler(20));
    let mut desk = desk(picture);
    desk.press("2");
    let frame = desk.text();
    assert!(frame.contains("17 of 20: OOMKilled, one image, 2 nodes"), "{frame}");
    assert!(frame.contains("at its maximum of 20"), "{frame}");
    keep(&mut desk, "pods-shared");
}

#[test]
fn what_could_not_be_read_is_said_with_since_when() {
    let mut picture = zoo();
    let trouble =
        Trouble::new(TroubleKind::Denied, "services is forbidden: user viewer cannot watch services");
    let down = |seen| Health::Down { trouble: trouble.clone(), since: ago(12), seen };
    picture.kinds.insert(Kind::Event, down(None));
    let mut desk = desk(picture);
    desk.press("2");
    assert!(
        desk.text().contains("events: no permission since 13:50:31 UTC; nothing was ever read"),
        "{}",
        desk.text()
    );
    let trouble = Trouble::new(TroubleKind::Unreachable, "connection refused");
    desk.state.kubernetes.health = Health::Down { trouble, since: ago(6), seen: Some(ago(7)) };
    desk.press("3");
    keep(&mut desk, "endpoints-down");
    let mut nothing = self::desk(Picture::default());
    nothing.press("2");
    assert!(nothing.text().contains("No cluster is watched"));
}

#[test]
fn what_is_not_known_is_never_called_missing() {
    let mut picture = zoo();
    picture.slices.clear();
    picture.kinds.retain(|kind, _| *kind == Kind::Pod);
    let mut desk = desk(picture);
    desk.press("3");
    let frame = desk.text();
    assert!(frame.contains("not known") && !frame.contains("missing"), "{frame}");
}

#[test]
fn five_thousand_pods_are_put_in_order_in_no_time() {
    let mut picture = live();
    put(&mut picture, (0..5_000).map(|number| pod(&format!("{number:04}"), number)));
    let addresses = picture.pods.values().map(address).collect::<Vec<_>>();
    for (number, part) in addresses.chunks(100).enumerate() {
        let name = format!("s{number}");
        picture.slices.insert(name.clone(), slice(&name, part.to_vec()));
    }
    let mut desk = desk(picture);
    for (panel, sort) in [("2", "N"), ("2", "A"), ("3", "I"), ("3", "N")] {
        desk.press(&format!("{panel} {sort}"));
        let begun = std::time::Instant::now();
        for _ in 0..20 {
            desk.take(Event::Tick);
        }
        let settled = begun.elapsed() / 20;
        let begun = std::time::Instant::now();
        for _ in 0..20 {
            desk.press("j");
            desk.frame(WIDE);
        }
        println!(
            "5,000 rows of panel {panel} by {sort}: put in order in {settled:?}, key to frame {:?}",
            begun.elapsed() / 20
        );
    }
    assert_eq!(desk.state.table().unwrap().shown.len(), 5_000);
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
        ("-f oomkl", 1),
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
