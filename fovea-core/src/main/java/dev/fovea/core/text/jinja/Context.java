package dev.fovea.core.text.jinja;

/** What everything that runs within one rendering shares. */
final class Context {
    final Limits limits = new Limits();

    /** Whether what is written is escaped for HTML, as inside {@code {% autoescape true %}}. */
    boolean autoescape;
}
