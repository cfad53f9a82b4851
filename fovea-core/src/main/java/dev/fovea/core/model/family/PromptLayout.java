package dev.fovea.core.model.family;

import dev.fovea.core.image.PreparedPicture;
import org.jspecify.annotations.Nullable;

/** What stands in a prompt where a picture is: around its images and between them. */
public interface PromptLayout {

    /**
     * What stands in a prompt for a picture.
     *
     * @param placeholder what the chat template wrote for it, the {@link #mark} if there is one
     * @return text with exactly one placeholder token for each view of the picture
     */
    String expand(PreparedPicture picture, String placeholder);

    /**
     * What chat templates write for a picture where that is not the placeholder of its tokens; null where it is.
     */
    default @Nullable String mark() {
        return null;
    }

    /** The placeholder alone, once for each view. */
    static PromptLayout bare() {
        return (picture, placeholder) -> placeholder.repeat(picture.views().size());
    }
}
