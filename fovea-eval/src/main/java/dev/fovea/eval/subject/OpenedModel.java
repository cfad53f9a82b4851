package dev.fovea.eval.subject;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.Generated;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.shape.ModelShape;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.technique.Techniques;
import dev.fovea.core.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model of this project under evaluation, greedy. The first picture that it sees is also encoded and asked about once
 * beforehand, unmeasured, so that no contestant pays for what a process does only once.
 */
public final class OpenedModel implements Subject {
    private final String name;
    private final VisionLanguageModel model;
    private final @Nullable String speculate;
    private boolean warm;

    /** @param model closed with this */
    public OpenedModel(String name, VisionLanguageModel model) {
        this(name, model, null);
    }

    /**
     * A model whose answers are decoded with a draft.
     *
     * @param model closed with this
     * @param speculate the draft, as typed; null for none
     */
    public OpenedModel(String name, VisionLanguageModel model, @Nullable String speculate) {
        this.name = name;
        this.model = model;
        this.speculate = speculate;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ModelShape shape() {
        return model.shape();
    }

    /** The element type that the model works in. */
    public DType dtype() {
        return model.dtype();
    }

    /** Techniques as they are planned for this model, with its trained weights. */
    public Techniques techniques() {
        return model.techniques();
    }

    @Override
    public Viewing view(RgbImage picture, Plan plan) {
        if (!warm) {
            warm = true;
            try (dev.fovea.core.Viewing first = guessing(picture, Plan.plain())) {
                first.ask("?", 2);
            }
        }
        return new Open(guessing(picture, plan), new Watched(picture, plan));
    }

    /**
     * How the last token of the prompt leaves the language model: {@code [decoder width]}.
     *
     * @see dev.fovea.core.Viewing#finalState
     */
    public float[] finalState(RgbImage picture, Plan plan, String prompt) {
        try (dev.fovea.core.Viewing viewing = open(picture, plan)) {
            return viewing.finalState(prompt);
        }
    }

    private dev.fovea.core.Viewing open(RgbImage picture, Plan plan) {
        return model.view(List.of(picture), AskOptions.defaults().withPlan(plan));
    }

    /** The same with the draft. */
    private dev.fovea.core.Viewing guessing(RgbImage picture, Plan plan) {
        AskOptions options = AskOptions.defaults().withPlan(plan);
        return model.view(List.of(picture), speculate == null ? options : options.withSpeculation(speculate));
    }

    /** The same picture under the same plan with eyes at the logits, once somebody wants to know. */
    private final class Watched implements AutoCloseable {
        private final PictureDependence dependence = new PictureDependence();
        private final RgbImage picture;
        private final Plan plan;
        private dev.fovea.core.@Nullable Viewing viewing;

        Watched(RgbImage picture, Plan plan) {
            this.picture = picture;
            this.plan = plan;
        }

        List<Double> ask(String prompt, int maxTokens) {
            dev.fovea.core.Viewing open = viewing;
            if (open == null) {
                open = open(picture, dependence.watching(plan));
                viewing = open;
            }
            return dependence.of(open.ask(prompt, maxTokens).tokens().size());
        }

        @Override
        public void close() {
            if (viewing != null) {
                viewing.close();
            }
        }
    }

    private record Open(dev.fovea.core.Viewing viewing, Watched watched) implements Viewing {
        @Override
        public double encodeMs() {
            return viewing.encoderMs();
        }

        @Override
        public Reply ask(String prompt, int maxTokens) {
            Answer answer = viewing.ask(prompt, maxTokens);
            List<Integer> tokens =
                    answer.tokens().stream().map(Generated.Token::id).toList();
            double logProbability = answer.tokens().stream()
                    .mapToDouble(Generated.Token::logProbability)
                    .sum();
            int held = answer.ledger().cachedTokens().isEmpty()
                    ? 0
                    : answer.ledger().cachedTokens().getFirst();
            return new Reply(
                    answer.text(),
                    tokens,
                    logProbability,
                    answer.promptTokens() - held,
                    answer.ledger(),
                    answer.geometry(),
                    answer.timings().prefillMs(),
                    answer.timings().decodeMs());
        }

        @Override
        public List<Double> dependence(String prompt, int maxTokens) {
            return watched.ask(prompt, maxTokens);
        }

        @Override
        public void close() {
            watched.close();
            viewing.close();
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
