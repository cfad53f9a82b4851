package dev.fovea.core.engine;

import dev.fovea.core.adapt.Additions;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.tensor.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A model, and what plans make of its weights. Each change is made once and kept: a plan that comes again finds its
 * model ready. Changes that still move are made anew for every pass. Safe for use by several threads.
 */
final class AdaptedModels {
    private final ModelParts plain;
    private final Function<Additions, ModelParts> adapt;
    private final Map<Additions, ModelParts> known = new HashMap<>();

    AdaptedModels(ModelParts plain, Function<Additions, ModelParts> adapt) {
        this.plain = plain;
        this.adapt = adapt;
    }

    /** The model with something added to its weights: the plain one if that is nothing. */
    ModelParts with(Additions additions) {
        if (additions.isEmpty()) {
            return plain;
        }
        if (additions.moves()) {
            return adapt.apply(additions);
        }
        synchronized (known) {
            return known.computeIfAbsent(additions, this::make);
        }
    }

    private ModelParts make(Additions additions) {
        try (Scope ignored = Scope.inference()) {
            return adapt.apply(additions);
        }
    }
}
