package dev.fovea.train.recipe;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.train.data.AnswerSampler;
import dev.fovea.train.loop.Loop;
import dev.fovea.train.loop.Progress;
import dev.fovea.train.nn.DecoderNet;
import dev.fovea.train.nn.TextNet;
import dev.fovea.train.nn.VisionNet;
import dev.fovea.train.text.WorldTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How the default model is trained from nothing. Each stage leaves a checkpoint; started again, the recipe goes on where
 * it stopped.
 */
public final class PeekRecipe {
    static final VisionNet.Config VISION = new VisionNet.Config(224, 14, 192, 6, 6, 768);

    private final Path folder;
    private final Loop loop;
    private final HuggingFaceTokenizer tokenizer;
    private final int learned;
    private final VisionStages vision;
    private final LanguageStages language;

    /**
     * @param folder where checkpoints, the tokenizer and logs go
     * @param progress told how training goes
     */
    public PeekRecipe(Path folder, Progress progress) throws IOException {
        this.folder = folder;
        this.loop = new Loop(folder, progress);
        Path file = folder.resolve("tokenizer.json");
        if (!Files.exists(file)) {
            Files.createDirectories(folder);
            Files.writeString(file, WorldTokenizer.learn(2000, 1200));
        }
        this.tokenizer = HuggingFaceTokenizer.newInstance(file);
        this.learned = learnedTokens(file);
        this.vision = new VisionStages(loop, VISION, text(learned), tokenizer);
        this.language = new LanguageStages(loop, tokenizer, VISION, decoder(learned));
    }

    private static int learnedTokens(Path file) throws IOException {
        JsonNode root = new ObjectMapper().readTree(file.toFile());
        return root.at("/model/vocab").size();
    }

    /** The text tower knows the learned tokens and the end of text. */
    static TextNet.Config text(int learned) {
        return new TextNet.Config(learned + 1, 64, 128, 2, 4, 512);
    }

    static DecoderNet.Config decoder(int learned) {
        return new DecoderNet.Config((learned + 1 + 63) / 64 * 64, 256, 6, 8, 8, 512, 10_000);
    }

    /** Runs one stage by name. */
    public void stage(String name) {
        switch (name) {
            case "windows" -> vision.windows(name, 3000, 64, 1e-3);
            case "pictures" -> vision.pictures(name, "windows", 500, 32, 6e-4);
            case "truth" -> language.truth(name, List.of(), settings(32, 40, false), 700, 1e-3);
            case "places" -> language.truth(name, List.of("truth"), settings(32, 40, false), 900, 8e-4);
            case "align" -> language.align(name, "pictures", "places", 16, 300, 1e-3);
            case "answers" ->
                language.answers(name, List.of("pictures", "places", "align"), settings(16, 128, true), false, 450, 6e-4, 2);
            case "finish" ->
                language.answers(name, List.of("answers"), settings(16, 256, true), false, 120, 3e-4, 2);
            default -> throw new IllegalArgumentException("The recipe has no stage '" + name + "'.");
        }
    }

    /** Writes the trained model. */
    public void export(String lastStage, Path target) throws IOException {
        new PeekExport(VISION, text(learned), decoder(learned))
                .write(
                        loop.checkpoint(lastStage),
                        loop.checkpoint("pictures"),
                        folder.resolve("tokenizer.json"),
                        target);
    }

    private static AnswerSampler.Settings settings(int samples, int visual, boolean pixels) {
        return new AnswerSampler.Settings(samples, visual, 150, 0.15, 0.1, 0.3, pixels);
    }

    /** Runs stages: {@code folder stage...}. */
    public static void main(String[] args) throws IOException {
        PeekRecipe recipe = new PeekRecipe(Path.of(args[0]), Progress.lines());
        for (int i = 1; i < args.length; i++) {
            recipe.stage(args[i]);
        }
    }
}
