//! What an operator can do, as values: the verb table, and the plan that turns events into effects.
