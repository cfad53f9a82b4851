package dev.fovea.train.recipe;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Tests of a recipe on a model of two layers and 256 visual tokens with random weights, made once for all of a class. */
abstract class OnRandomPeek {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    static Path model;
    static TrainingRuns runs;

    @BeforeAll
    static void aModel() throws IOException {
        model = RandomPeek.export(shared.resolve("model"), 5);
        runs = new TrainingRuns(model);
    }
}
