//! How fast `top` counts a big log, beside the pipeline of the runbook and goaccess.

fn main() {}
