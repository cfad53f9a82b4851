package dev.fovea.langchain4j;

import dev.fovea.core.BatchOptions;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.SharedModel;
import dev.fovea.core.image.PictureReader;
import dev.fovea.core.image.RgbImage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import java.nio.file.Path;

/** The default model and its scene. */
final class Peek {
    static final Path ROOT = Path.of("").toAbsolutePath().resolve("..").normalize();
    static final Path FOLDER = ROOT.resolve("models/peek");
    static final Path SCENE = ROOT.resolve("docs/images/scene.png");

    /** Two pages, of which the second is all of the scene. */
    static final Path PAGES = ROOT.resolve("docs/images/pages.pdf");

    static final String QUESTION = "How many red circles are there?";

    private Peek() {}

    static SharedModel open() {
        return SharedModel.open(
                FOLDER, OpenOptions.defaults().withPrecision(OpenOptions.Precision.F32), BatchOptions.defaults());
    }

    static RgbImage scene() {
        return new PictureReader().read(SCENE).image();
    }

    static ImageContent picture() {
        return ImageContent.from(SCENE, "image/png");
    }

    /** The scene and a question about it. */
    static UserMessage asked(String question) {
        return UserMessage.from(picture(), TextContent.from(question));
    }
}
