package dev.fovea.train.recipe;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fovea.core.weights.SafeTensorsWriter;
import dev.fovea.train.nn.Parameters;
import dev.fovea.train.objective.ContrastiveObjective;
import dev.fovea.train.text.WorldTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A finished model of the smallest size with random weights, for techniques to be trained for. */
final class RandomPeek {
    private static final PeekSize SIZE = PeekSize.QUICK;

    private RandomPeek() {}

    /** Writes one to {@code target}; what it is made of goes beside it. */
    static Path export(Path target, long seed) throws IOException {
        Path tokenizer = target.resolveSibling("learned.json");
        Files.writeString(tokenizer, WorldTokenizer.learn(40, 250));
        int learned = new ObjectMapper()
                .readTree(tokenizer.toFile())
                .at("/model/vocab")
                .size();
        try (Parameters p = new Parameters(seed)) {
            PeekParameters.vision(p, SIZE.vision());
            PeekParameters.connector(p, SIZE.vision().width(), SIZE.decoder().width());
            PeekParameters.decoder(p, SIZE.decoder(learned));
            PeekParameters.text(p, SIZE.text(learned));
            ContrastiveObjective.declare(p, SIZE.vision().width(), SIZE.text().width(), Recipes.SHARED_WIDTH);
            p.freeze();
            Path trained = target.resolveSibling("trained.safetensors");
            SafeTensorsWriter.write(trained, p.asMap(), Map.of());
            new PeekExport(SIZE.config(learned)).write(trained, trained, tokenizer, target);
        }
        return target;
    }
}
