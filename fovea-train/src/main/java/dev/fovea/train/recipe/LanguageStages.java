package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.fovea.core.tensor.Natives;
import dev.fovea.core.tensor.Scope;
import dev.fovea.train.data.AnswerBatch;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Measured;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.loop.Stage;
import dev.fovea.train.nn.DecoderNet;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.nn.Precision;
import dev.fovea.train.nn.TruthEmbedding;
import dev.fovea.train.objective.AnswerObjective;
import dev.fovea.train.optim.Optimizer;
import dev.fovea.train.optim.Schedule;
import dev.fovea.world.SceneOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The second part of the recipe: the decoder learns to answer, from the exact truth of patches. */
final class LanguageStages {
    static final String DECODER = "language_model.model.";
    static final String TRUTH = "training.truth.";
    private static final long HELD_OUT = 8_000_000_000L;

    private final Loop loop;
    private final Precision precision = Precision.fastest();
    private final HuggingFaceTokenizer tokenizer;
    private final DecoderNet.Config config;

    LanguageStages(Loop loop, HuggingFaceTokenizer tokenizer, DecoderNet.Config config) {
        this.loop = loop;
        this.tokenizer = tokenizer;
        this.config = config;
    }

    /** Answers from truth; begins with the weights of {@code from} if that is not null. */
    void truth(
            String name,
            @org.jspecify.annotations.Nullable String from,
            SceneOptions options,
            AnswerSampler.Settings settings,
            long steps,
            double lr,
            double muon) {
        Parameters p = new Parameters(2);
        DecoderNet.declare(p, DECODER, config);
        TruthEmbedding.declare(p, TRUTH, config.width());
        p.freeze();
        if (from != null) {
            loop.load(from, p);
        }
        DecoderNet net = new DecoderNet(p, DECODER, config, precision);
        TruthEmbedding truth = new TruthEmbedding(p, TRUTH);
        AnswerObjective objective = new AnswerObjective(net, tokenizer::decode);
        AnswerSampler sampler = new AnswerSampler(options, settings, tokenizer, 2_000_000_000L + name.hashCode());
        AnswerSampler held = new AnswerSampler(SceneOptions.defaults(), settings, tokenizer, HELD_OUT);
        List<AnswerBatch> heldOut = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            heldOut.add(held.batch(i));
        }
        loop.run(new Stage<>(
                name,
                p,
                e -> true,
                new Optimizer.Settings(0.9, 0.98, 1e-8, 0.02, 1.0, muon, precision),
                new Schedule(lr, 40, steps, 0.1),
                1,
                settings.samples(),
                sampler::batch,
                (b, measure) -> measure(objective, truth, b, 0.03, measure),
                () -> evaluate(objective, truth, heldOut),
                100));
    }

    private static Measured measure(
            AnswerObjective objective, TruthEmbedding truth, AnswerBatch b, double noise, boolean measure) {
        AnswerObjective.Result r = objective.apply(truth.tokens(b, noise, b.tokens()[0] + b.patches()[5]), b, measure);
        return new Measured(r.loss(), measure ? r.accuracy() : Map.of());
    }

    private static Map<String, Double> evaluate(
            AnswerObjective objective, TruthEmbedding truth, List<AnswerBatch> batches) {
        Map<String, Double> mean = new TreeMap<>();
        for (AnswerBatch b : batches) {
            try (Scope scope = Scope.inference()) {
                objective
                        .apply(truth.tokens(b, 0, 0), b, true)
                        .accuracy()
                        .forEach((k, v) -> mean.merge(k, v / batches.size(), Double::sum));
            }
        }
        return mean;
    }

    /** Trains the decoder from truth: {@code folder steps batch lr muon}. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Natives.setThreads(1);
        Path file = folder.resolve("tokenizer.json");
        if (!Files.exists(file)) {
            Files.createDirectories(folder);
            Files.writeString(file, WorldTokenizer.learn(2000, 1200));
        }
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(file);
        int vocabulary = new com.fasterxml.jackson.databind.ObjectMapper()
                .readTree(file.toFile())
                .at("/model/vocab")
                .size();
        System.err.println("vocabulary " + vocabulary);
        DecoderNet.Config config = new DecoderNet.Config((vocabulary + 63) / 64 * 64, 256, 6, 8, 8, 512, 10000);
        LanguageStages stages = new LanguageStages(new Loop(folder, Progress.lines()), tokenizer, config);
        int batch = Integer.parseInt(args[2]);
        stages.truth(
                "truth",
                null,
                SceneOptions.defaults(),
                new AnswerSampler.Settings(batch, 40, 150, 0.15, 0.1, 0.3, false),
                Long.parseLong(args[1]),
                Double.parseDouble(args[3]),
                Double.parseDouble(args[4]));
    }
}
