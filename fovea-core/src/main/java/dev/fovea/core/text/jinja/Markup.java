package dev.fovea.core.text.jinja;

/** A text that is marked as safe: it is not escaped again, and what is joined to it is. */
record Markup(String text) {}
