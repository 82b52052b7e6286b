//! The word that was probably meant.

/// The allowed word nearest to `word`, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let distance = |candidate: &&str| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
    let best = allowed.into_iter().min_by_key(distance);
    best.filter(|best| distance(best) <= 1 + best.chars().count() / 4)
}
