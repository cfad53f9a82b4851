package dev.fovea.mcp;

import dev.fovea.core.SharedModel;
import java.util.List;

/**
 * What the tools work with.
 *
 * @param shared answers
 * @param name of the model, for results
 * @param pictures where they come from
 * @param spending of calls that say nothing about it
 */
public record ToolBox(SharedModel shared, String name, PictureSource pictures, Spending spending) {

    List<Tool> tools() {
        return List.of(new AskPicture(this), new CompareTechniques(this), new ExplainTokens(this));
    }
}
