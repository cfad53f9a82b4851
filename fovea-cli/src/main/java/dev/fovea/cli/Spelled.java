package dev.fovea.cli;

import dev.fovea.core.technique.Knobs;
import dev.fovea.core.technique.Technique;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;

/** Checks techniques as they were typed, before a model is opened. */
final class Spelled {
    private Spelled() {}

    /**
     * The technique that a text names.
     *
     * @throws IllegalArgumentException if there is none, or its knobs do not fit
     */
    static Technique technique(Techniques installed, String text) {
        TechniqueSpec spec = TechniqueSpec.parse(text);
        Technique technique = installed.get(spec.id());
        Knobs.of(technique.card(), spec.knobs());
        return technique;
    }
}
