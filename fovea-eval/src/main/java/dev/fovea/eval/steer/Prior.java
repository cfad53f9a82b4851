package dev.fovea.eval.steer;

import dev.fovea.core.AskOptions;
import dev.fovea.core.Viewing;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.RgbImage;
import dev.fovea.eval.suite.Item;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model answers before it sees anything: its prior is its greedy answer to the question about a grey picture of the
 * same size. A question conflicts with it where that answer is wrong. Close it before the model.
 */
public final class Prior implements AutoCloseable {
    private static final int GREY = 128;

    private final VisionLanguageModel model;
    private int width;
    private int height;
    private @Nullable Viewing grey;

    public Prior(VisionLanguageModel model) {
        this.model = model;
    }

    /** A grey picture of the size of another. */
    public static RgbImage grey(RgbImage picture) {
        return RgbImage.filled(picture.width(), picture.height(), GREY, GREY, GREY);
    }

    /** The answer to a question about a picture of this size. */
    public String answer(Item item, RgbImage picture) {
        Viewing shown = grey;
        if (shown == null || picture.width() != width || picture.height() != height) {
            close();
            width = picture.width();
            height = picture.height();
            shown = model.view(List.of(grey(picture)), AskOptions.defaults());
            grey = shown;
        }
        return shown.ask(item.prompt(), item.maxTokens()).text().strip();
    }

    @Override
    public void close() {
        if (grey != null) {
            grey.close();
            grey = null;
        }
    }
}
