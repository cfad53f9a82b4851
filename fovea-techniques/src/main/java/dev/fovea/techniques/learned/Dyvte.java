package dev.fovea.techniques.learned;

import dev.fovea.core.layer.Activation;
import dev.fovea.core.learned.Declaration;
import dev.fovea.core.learned.LearnedTechnique;
import dev.fovea.core.learned.Predictor;
import dev.fovea.core.learned.PublishedLayout;
import dev.fovea.core.model.Weights;
import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Layout;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Signal;
import dev.fovea.core.path.Signal.PromptTokens;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Budget;
import dev.fovea.core.technique.Card;
import dev.fovea.core.technique.Knobs;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Dynamic visual-token exit, DyVTE (arXiv 2411.19628, section 4): behind every decoder layer a gate reads the states of
 * the question and says whether the visual tokens may leave; at the first yes all of them do. A sample exits by itself,
 * whatever else is in its batch. While an answer is decoded no gate is asked again.
 */
public final class Dyvte implements LearnedTechnique {
    private static final Card CARD = Card.of("""
            id        dyvte
            title     Accelerating Multimodal Large Language Models via Dynamic Visual-Token Exit and the Empirical
                      Findings
            arxiv     2411.19628
            summary   Behind every decoder layer a small gate reads the question's states; at its first yes all visual
                      tokens leave.
            stations  decoder
            budget    Not read unless it is full; the gates decide, question by question.
            full      acts with exit
            trained   yes
            knob      exit = auto, whole 0..1000: Decoder layer, counted from 0, behind which all visual tokens leave
                      whatever the gates say; with the last one they stay. auto leaves it to the gates.
            knob      width = auto, whole 1..16384: Inner width of a gate; auto is half the language model's width and
                      at most 2048, the paper's for 7B and 13B.
            note      There is a gate to every layer; nothing can leave behind the last one, whose gate is learned like the
                      others and never asked.
            note      With several pictures the question is what stands behind the last one, and all pictures leave at
                      once (inferred: the released code knows one picture). A question in front of the picture is not read,
                      and a prompt that ends with a picture keeps it.
            note      Of a question of one word that word stands for the mean too (inferred).
            note      Survivors keep their positions, as in the released code.
            """);

    /** The words behind the first picture; the last of them are the question. */
    private static final Signal.DecoderHidden WORDS = new Signal.DecoderHidden(PromptTokens.INSTRUCTION, false);

    private static final int STAY = 0;
    private static final int EXIT = 1;

    @Override
    public Card card() {
        return CARD;
    }

    @Override
    public Declaration declaration(ModelShape shape, Knobs knobs) {
        Declaration.Builder own = Declaration.begin();
        for (int layer = 0; layer < shape.decoderLayers(); layer++) {
            own.xavier(name(layer) + ".hidden.weight", width(shape, knobs), 2L * shape.decoderWidth());
            own.xavier(name(layer) + ".out.weight", 2, width(shape, knobs));
        }
        return own.build();
    }

    /** The gate of every layer, {@code gates.LAYER}: states of the question {@code [words, width] -> [1, 2]}, stay and exit. */
    @Override
    public Map<String, Predictor> predictors(ModelShape shape, Knobs knobs) {
        Map<String, Predictor> gates = new LinkedHashMap<>();
        for (int layer = 0; layer < shape.decoderLayers(); layer++) {
            gates.put(name(layer), gate(layer, shape, knobs));
        }
        return gates;
    }

    private static Predictor gate(int layer, ModelShape shape, Knobs knobs) {
        long width = shape.decoderWidth();
        int inner = width(shape, knobs);
        return (own, states) -> {
            Tensor hidden =
                    own.linear(name(layer) + ".hidden", inner, 2 * width, false).forward(features(states[0]));
            return own.linear(name(layer) + ".out", 2, inner, false).forward(Activation.GELU.forward(hidden));
        };
    }

    @Override
    public PublishedLayout published() {
        return new DyvteLayout();
    }

    @Override
    public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs, Weights own) {
        int last = shape.decoderLayers() - 1;
        if (!knobs.isAuto("exit")) {
            int layer = knobs.integer("exit");
            if (layer > last) {
                throw new IllegalArgumentException("Knob 'exit' of technique 'dyvte' must be in 0.." + last
                        + " for this model, whose decoder layers are counted so, got " + layer + ".");
            }
            return layer == last ? List.of() : List.of(step(layer, List.of(), s -> leave()));
        }
        long work = 2L * width(shape, knobs) * (2L * shape.decoderWidth() + 2);
        return IntStream.range(0, last)
                .mapToObj(layer -> ask(layer, gate(layer, shape, knobs), own).working((visual, text) -> work))
                .toList();
    }

    private static Step ask(int layer, Predictor gate, Weights own) {
        return step(layer, List.of(WORDS), s -> {
            int question = question(s.layout());
            Tensor words = s.tensor(WORDS);
            boolean exit =
                    question > 0 && opens(gate.predict(own, words.narrow(0, words.size(0) - question, question)));
            return exit ? leave() : Outcome.of(new Decision.Unchanged());
        });
    }

    /** What comes out of a layer is what enters the next. */
    private static Step step(int layer, List<Signal<?>> needs, Step.Rule rule) {
        return new Step(new Station.Decoder(layer + 1), needs, rule);
    }

    private static Outcome leave() {
        return Outcome.of(new Decision.DropAllVisual(Decision.Positions.ORIGINAL));
    }

    /** Whether exit has the larger logit; a tie stays. */
    static boolean opens(Tensor logits) {
        float[] z = Tensors.floats(logits);
        return z[STAY] < z[EXIT];
    }

    /** How many words stand behind the last picture; none once all visual tokens have left, and no gate is asked again. */
    private static int question(Layout layout) {
        if (layout.visualCount() == 0) {
            return 0;
        }
        int picture = layout.visual()[layout.visualCount() - 1];
        return (int) Arrays.stream(layout.instruction())
                .filter(word -> word > picture)
                .count();
    }

    /**
     * What a gate reads: the mean over the question without its last word, beside that word.
     *
     * @param question {@code [words, width]}, at least one word
     * @return {@code [1, 2 * width]}
     */
    static Tensor features(Tensor question) {
        long words = question.size(0);
        Tensor last = question.narrow(0, words - 1, 1);
        Tensor before = words == 1
                ? last
                : torch.mean(question.narrow(0, 0, words - 1), new long[] {0}, true, new ScalarTypeOptional());
        return Tensors.cat(1, before, last);
    }

    static int width(ModelShape shape, Knobs knobs) {
        return knobs.integer("width", Math.clamp(shape.decoderWidth() / 2, 1, 2048));
    }

    static String name(int layer) {
        return "gates." + layer;
    }
}
