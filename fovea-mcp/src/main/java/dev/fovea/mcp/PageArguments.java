package dev.fovea.mcp;

import dev.fovea.document.DocumentWish;
import dev.fovea.document.Pages;
import java.util.List;

/** The arguments about PDF documents: which pages a call looks at, and the password of encrypted ones. */
final class PageArguments {
    /** Of tools that look at several pictures. */
    static final String SEVERAL = "\"pages\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"description\":"
            + " \"Pages of PDF documents, such as 2, 1,3-5 or 7-: one choice for all of them, or one for each; without it"
            + " all pages.\"}";

    /** Of tools that look at one picture. */
    static final String SINGLE =
            "\"page\": {\"type\": \"integer\", \"minimum\": 1, \"description\": \"The page of a PDF"
                    + " document, from 1 (the default).\"}";

    static final String PASSWORD =
            "\"password\": {\"type\": \"string\", \"description\": \"The password of an encrypted PDF document.\"}";

    private static final int MOST_PAGES = 1_000_000;

    private PageArguments() {}

    /** Pages of any number of documents. */
    static DocumentWish several(Arguments arguments) {
        return DocumentWish.of(arguments.texts("pages"), arguments.textOrNull("password"));
    }

    /** One page of one document. */
    static DocumentWish single(Arguments arguments) {
        int page = arguments.whole("page", 1, MOST_PAGES, 1);
        return new DocumentWish(
                List.of(new Pages(List.of(new Pages.Range(page, page)))), arguments.textOrNull("password"));
    }

    /** @throws IllegalArgumentException if a call that shows no document says something about documents */
    static void refuse(Arguments arguments) {
        for (String name : new String[] {"pages", "page", "password"}) {
            if (arguments.values().get(name) != null) {
                throw new IllegalArgumentException("The argument '" + name
                        + "' is about PDF documents, and none is among the pictures; leave it out.");
            }
        }
    }
}
