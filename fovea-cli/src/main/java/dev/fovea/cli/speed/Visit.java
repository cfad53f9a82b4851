package dev.fovea.cli.speed;

import dev.fovea.core.engine.EncodedImage;
import dev.fovea.core.engine.ImageInput;
import dev.fovea.core.engine.PathEngine;
import dev.fovea.core.engine.PlanRun;
import dev.fovea.core.engine.PromptState;
import dev.fovea.core.model.ModelParts;
import dev.fovea.core.technique.Plan;
import dev.fovea.core.tensor.OwnedTensor;
import dev.fovea.core.tensor.Scope;
import dev.fovea.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A picture and a prompt of 64 words on their way through the engine that answers questions. */
final class Visit implements AutoCloseable {
    /** Words of the prompt; the picture stands in their middle. */
    static final int WORDS = 64;

    /** Words of it that stand behind the picture. */
    static final int BEHIND = WORDS / 2;

    /** Longest continuation that the caches make room for. */
    static final int ROOM = 64;

    private final OwnedTensor pixels;
    private final int[] ids;

    Visit() {
        try (Scope scope = Scope.inference()) {
            pixels = OwnedTensor.of(torch.randn(3, RandomLlava.SIDE, RandomLlava.SIDE));
        }
        int[] words = IntStream.range(0, WORDS + 1).map(i -> 100 + 7 * i).toArray();
        words[WORDS / 2] = RandomLlava.IMAGE_TOKEN;
        ids = words;
    }

    /**
     * What a plan adds to the weights is summed once and from then on costs what the weights cost: with values that do not
     * matter, the model is its own sum.
     */
    private static PathEngine engine(ModelParts model) {
        return new PathEngine(model, additions -> model);
    }

    /** The question's embeddings are made up: their sizes are what counts. */
    static PlanRun run(Plan plan, ModelParts model) {
        float[] question = new float[model.decoder().options().width()];
        Arrays.fill(question, 0.01f);
        return PlanRun.of(plan, new PlanRun.Question(() -> question, () -> question), null);
    }

    /** Encodes the picture; the caller owns the result. */
    EncodedImage encode(ModelParts model, PlanRun run) {
        try (Scope scope = Scope.inference()) {
            Tensor picture = pixels.get();
            ImageInput input = new ImageInput(picture, () -> Tensors.scale(picture, 50), "image0.", run);
            return engine(model).encode(List.of(input)).getFirst();
        }
    }

    /** Reads the prompt; the caller owns the result. */
    PromptState prefill(ModelParts model, EncodedImage image, PlanRun run) {
        return engine(model)
                .prefill(List.of(new PathEngine.Prompt("", ids, List.of(image), run, ROOM)))
                .getFirst();
    }

    /** Feeds one token more. */
    static void decode(ModelParts model, PromptState state) {
        engine(model).extend(List.of(state), List.of(new int[] {42}));
    }

    /** Forgets the words behind the picture and reads as many others, over the caches of what is before them. */
    static void askAgain(ModelParts model, PromptState state) {
        state.truncate(WORDS - BEHIND + 1);
        int[] words = IntStream.range(0, BEHIND).map(i -> 3_000 + 5 * i).toArray();
        engine(model).extend(List.of(state), List.of(words));
    }

    @Override
    public void close() {
        pixels.close();
    }
}
