package dev.fovea.core.generate.json;

import java.util.List;

/** One of several values. Two are the same only if they are one: schemas may contain themselves. */
final class Either implements Part.Fork {
    private final List<List<Part>> alternatives;

    Either(List<? extends Part> options) {
        this.alternatives = options.stream().map(List::<Part>of).toList();
    }

    @Override
    public List<List<Part>> alternatives() {
        return alternatives;
    }
}
