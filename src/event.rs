//! The closed vocabulary of the bus: facts, intents, outcomes and ticks.
