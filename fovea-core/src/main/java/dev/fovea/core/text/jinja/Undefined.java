package dev.fovea.core.text.jinja;

/**
 * The value of what does not exist: empty when written, false, without elements. Anything else done with it fails with
 * its reason.
 */
record Undefined(String reason) {
    static Undefined name(String name) {
        return new Undefined("'" + name + "' is undefined");
    }

    TemplateException failure() {
        return new TemplateException(reason);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Undefined;
    }

    @Override
    public int hashCode() {
        return 0;
    }
}
