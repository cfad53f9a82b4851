package dev.fovea.core;

import dev.fovea.core.draft.Draft;
import dev.fovea.core.draft.Guessing;
import dev.fovea.core.draft.Lesson;
import dev.fovea.core.draft.Reading;
import dev.fovea.core.draft.Target;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.DraftTechnique;
import dev.fovea.core.model.Weights;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.bytedeco.pytorch.Tensor;

/** A draft that guesses what a test says, and writes down what it is told. */
final class ScriptedDraft implements DraftTechnique {
    /** How it is asked for. */
    static final String SPEC = "scripted:weights=untrained";

    private static final Card CARD = Card.of("""
            id        scripted
            title     A draft for tests
            summary   Guesses what a test says.
            stations  logits
            budget    Not read.
            full      acts
            trained   yes
            """);

    private final int slots;

    /** Logits of a guess at the token of an answer that has this number, from 0. */
    IntFunction<float[]> script = place -> new float[0];

    /** What was read of each answer, call by call. */
    final List<List<int[]>> read = new ArrayList<>();

    /** Pictures that the first call of each answer showed. */
    final List<int[]> pictures = new ArrayList<>();

    int open;

    ScriptedDraft(int slots) {
        this.slots = slots;
    }

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        return Declaration.begin().constant("nothing", 0, 1).build();
    }

    @Override
    public Draft draft(ModelShape shape, Knobs knobs, Weights own) {
        return new Draft() {
            @Override
            public int slots() {
                return slots;
            }

            @Override
            public Guessing begin(Target target) {
                return guessing();
            }

            @Override
            public Tensor expect(Target target, Lesson lesson) {
                throw new UnsupportedOperationException("It does not learn");
            }
        };
    }

    private Guessing guessing() {
        List<int[]> own = new ArrayList<>();
        read.add(own);
        open++;
        return new Guessing() {
            private int next = -1;

            @Override
            public void read(Reading more, int following) {
                if (own.isEmpty()) {
                    pictures.add(more.pictures());
                    next = 0;
                } else {
                    next += more.ids().length;
                }
                own.add(more.ids());
            }

            @Override
            public int[] guess(int most, ToIntFunction<float[]> choose) {
                int[] guesses = new int[Math.min(most, slots)];
                for (int i = 0; i < guesses.length; i++) {
                    guesses[i] = choose.applyAsInt(script.apply(next + 1 + i));
                }
                return guesses;
            }

            @Override
            public void close() {
                open--;
            }
        };
    }
}
