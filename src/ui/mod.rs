//! Draws the state and turns keys into intents.
