//! Everything that a line says, field by field, and the line as it was written.

use ratatui::text::Line;

use super::{row, time};
use crate::logs::Layer;
use crate::model::text::clean;
use crate::sources::logs::picture::{Stored, severity};
use crate::state::State;
use crate::ui::text::{count, size, wrap};
use crate::ui::view::View;

/// The lines that tell about a line.
pub fn lines(state: &State, view: &View, stored: &Stored, cells: usize) -> Vec<Line<'static>> {
    let line = &stored.line;
    let mut fields = vec![("When", time::whole(line.at, &jiff::tz::TimeZone::UTC))];
    fields.extend(state.session.zone.as_ref().map(|zone| ("Here", time::whole(line.at, zone))));
    fields.push(("Stream", stored.stream.to_string()));
    fields.push(("Written by", layer(line.layer).to_owned()));
    fields.push(("Level", row::word(severity(line)).to_owned()));
    fields.extend(line.message.as_ref().map(|message| ("Message", message.to_string())));
    if let Some(error) = &line.error {
        fields.push(("err.code", error.code.to_string()));
        fields.push(("err.message", error.message.to_string()));
        fields.push(("err.detail", error.detail.to_string()));
    }
    if let Some(request) = &line.request {
        fields.push(("Request", format!("{} {}", request.method, request.uri)));
        fields.extend(request.status.map(|status| ("Status", status.to_string())));
        fields.extend(request.subject.as_ref().map(|subject| ("About", subject.to_string())));
        fields.extend(request.took.map(|took| {
            ("Took", format!("{} ms", count(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))))
        }));
        fields.extend(request.written.map(|bytes| ("Answered", size(bytes))));
        fields.extend(request.server.as_ref().map(|server| ("Server", server.to_string())));
        fields.extend(request.client.address.as_ref().map(|address| ("Client", address.to_string())));
        fields.extend(request.client.agent.as_ref().map(|agent| ("Agent", agent.to_string())));
        fields.extend(request.id.as_ref().map(|id| ("Request id", id.to_string())));
    }
    let mut lines = Vec::new();
    for (name, text) in fields.into_iter().filter(|(_, text)| !text.is_empty()) {
        for (number, part) in wrap(&clean(&text), cells.saturating_sub(14)).into_iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            lines.push(Line::raw(format!(" {name:<13}{part}")));
        }
    }
    lines.push(Line::default());
    lines.push(Line::styled(" As it was written; c copies it.", view.theme.title.0));
    let raw = wrap(&clean(&line.text), cells.saturating_sub(2));
    lines.extend(raw.into_iter().map(|part| Line::raw(format!(" {part}"))));
    lines
}

const fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Haproxy => "HAProxy, one line for each request",
        Layer::Access => "the registry's access log",
        Layer::Registry => "the registry",
        Layer::Other => "",
    }
}
