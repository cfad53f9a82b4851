package dev.fovea.mcp;

import dev.fovea.core.SharedModel;
import java.util.List;

/**
 * What the tools work with.
 *
 * @param shared answers
 * @param name of the model, for results
 * @param pictures where they come from, and documents
 * @param spending of calls that say nothing about it
 */
public record ToolBox(SharedModel shared, String name, PictureSource pictures, Spending spending) {

    /** What a call shows. */
    Exhibits exhibits() {
        return new Exhibits(pictures, shared.model()::pictureScale);
    }

    List<Tool> tools() {
        return List.of(new AskPicture(this), new CompareTechniques(this), new ExplainTokens(this));
    }
}
