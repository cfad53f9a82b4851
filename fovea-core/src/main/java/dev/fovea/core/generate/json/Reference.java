package dev.fovea.core.generate.json;

import java.util.List;

/** A part of the schema by its place; known once that place has been read. */
final class Reference implements Part.Fork {
    private List<List<Part>> target = List.of();

    void to(Part part) {
        target = List.of(List.of(part));
    }

    @Override
    public List<List<Part>> alternatives() {
        return target;
    }
}
