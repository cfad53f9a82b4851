package dev.fovea.core.generate.json;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of a grammar: something that reads bytes, or a choice between sequences of pieces. Immutable. */
sealed interface Part {

    /** A choice; each alternative is a sequence. Made only when it is reached, so that a grammar may contain itself. */
    non-sealed interface Fork extends Part {
        List<List<Part>> alternatives();
    }

    /** Reads bytes. */
    non-sealed interface Reader extends Part {
        /** What reads on after this byte, {@link #DONE} if nothing is missing, or null if the byte may not come. */
        @Nullable
        Reader read(int value);

        /** What reading a byte costs, next to a comparison. */
        default int cost() {
            return 1;
        }

        /** Whether it may be left as it is. */
        default boolean mayEnd() {
            return false;
        }
    }

    /** Nothing is missing. */
    Reader DONE = new Reader() {
        @Override
        public @Nullable Reader read(int value) {
            return null;
        }

        @Override
        public boolean mayEnd() {
            return true;
        }
    };
}
