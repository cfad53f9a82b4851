package dev.fovea.cli;

import dev.fovea.core.AskOptions;
import dev.fovea.core.learned.DraftTechnique;
import dev.fovea.core.technique.TechniqueSpec;
import dev.fovea.core.technique.Techniques;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How answers are decoded: {@code --speculate}. */
final class SpeculateOption {
    @Option(
            names = "--speculate",
            paramLabel = "ID[:KNOB=VALUE,...]",
            description =
                    "Decode with a draft, such as flash, that guesses several tokens; the model checks them in one pass, so"
                            + " that the answer stays the same. weights=DIR names its trained weights.")
    @Nullable
    String speculate;

    /**
     * Everything that can be wrong before a model is there.
     *
     * @throws CommandFailure if something is
     */
    void check() {
        if (speculate != null) {
            check(speculate);
        }
    }

    /**
     * The same of a draft.
     *
     * @param text as typed
     */
    static void check(String text) {
        try {
            TechniqueSpec spec = TechniqueSpec.parse(text);
            Techniques installed = Techniques.installed();
            if (!(installed.get(spec.id()) instanceof DraftTechnique draft)) {
                throw CommandFailure.usage("technique '" + spec.id() + "' guesses no tokens; one that does is 'flash'");
            }
            spec.knobsOf(draft.card());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    /** The same options with the draft, if there is one. */
    AskOptions with(AskOptions options) {
        return speculate == null ? options : options.withSpeculation(speculate);
    }
}
