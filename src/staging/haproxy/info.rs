//! The answer to `show info`.

use jiff::Timestamp;

use super::instance::Instance;
use super::rows::seconds;

/// Every line of HAProxy 2.6, with values of a quiet process.
const FORM: &str = include_str!("info.txt");

/// What a process says of itself.
pub fn text(instance: &Instance, now: Timestamp) -> String {
    let uptime = seconds(instance.started, now);
    let served = &instance.served;
    let lines = FORM.lines().map(|line| {
        let name = line.split(':').next().unwrap_or_default();
        let value = match name {
            "Pid" => instance.pid.to_string(),
            "node" => instance.node.clone(),
            "Uptime" => spelt(uptime),
            "Uptime_sec" => uptime.to_string(),
            "Start_time_sec" => instance.started.as_second().to_string(),
            "CurrConns" => (served.rate / 12).to_string(),
            "CumConns" | "CumReq" => served.sessions.to_string(),
            "ConnRate" | "SessRate" => served.rate.to_string(),
            "MaxConnRate" | "MaxSessRate" => served.rate_max.to_string(),
            "TotalBytesOut" => served.bytes_out.to_string(),
            "BytesOutRate" => (served.rate * 2900).to_string(),
            "Idle_pct" => "97".to_owned(),
            _ => return format!("{line}\n"),
        };
        format!("{name}: {value}\n")
    });
    lines.collect()
}

/// `0d 0h00m03s`
fn spelt(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{days}d {hours}h{minutes:02}m{:02}s", seconds % 60)
}
