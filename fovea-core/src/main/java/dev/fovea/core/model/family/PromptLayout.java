package dev.fovea.core.model.family;

import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.path.Slot;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What stands in a prompt where a picture is: around its images and between them. */
public interface PromptLayout {

    /**
     * What stands in a prompt for a picture.
     *
     * @param placeholder what the chat template wrote for it, the {@link #mark} if there is one
     * @return text with exactly one placeholder token for each of {@link #slots}
     */
    String expand(PreparedPicture picture, String placeholder);

    /** What each placeholder of {@link #expand} stands for, in order; every row of every view once. */
    default List<Slot> slots(PreparedPicture picture) {
        return IntStream.range(0, picture.views().size()).mapToObj(Slot::whole).toList();
    }

    /** Whether a learned token ends rows or pictures: checkpoints hold it under the name {@code newline}. */
    default boolean newline() {
        return false;
    }

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
