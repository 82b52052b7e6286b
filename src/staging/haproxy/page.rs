//! The statistics page: CSV for programs, and a few words for browsers.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};

use super::{Balancer, Manner, rows};

const WORDS: &str = "<!doctype html><title>Statistics Report</title>\
<p>The statistics of a staged HAProxy, for programs: <a href=\"/;csv\">/;csv</a></p>\n";

/// Any path is the page's, as with `stats uri /`.
pub fn router(balancer: Balancer) -> Router {
    Router::new().fallback(answer).with_state(balancer)
}

async fn answer(State(balancer): State<Balancer>, uri: Uri) -> Response {
    match balancer.manner() {
        Manner::Answers => {}
        Manner::Hangs => std::future::pending().await,
        Manner::Refuses => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
    if !uri.path().split(';').skip(1).any(|option| option == "csv") {
        return Html(WORDS).into_response();
    }
    let csv = balancer.now(|instance, now| {
        let rows = rows::all(instance, now).into_iter().map(|(_, row)| without_address(&row) + "\n");
        format!("{}\n{}", rows::header(), rows.collect::<String>())
    });
    ([(header::CONTENT_TYPE, "text/plain"), (header::CACHE_CONTROL, "no-cache")], csv).into_response()
}

/// The page hides addresses unless it is told to show legends.
fn without_address(row: &str) -> String {
    let at = rows::header().split(',').position(|name| name == "addr");
    let cells = row.split(',').enumerate();
    cells.map(|(index, cell)| if Some(index) == at { "" } else { cell }).collect::<Vec<_>>().join(",")
}
