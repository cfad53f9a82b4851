package dev.fovea.core.model.language;

/** What lets the tokens of a sequence see each other in a decoder layer. */
public sealed interface Mixer permits SelfAttention {}
