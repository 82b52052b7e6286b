//! Writes registry trees: healthy repositories, and one of each fault.
