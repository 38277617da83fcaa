/* The gateway's version; the number counts major * 1000 + minor * 100 + patch, as "info" tells it.
 */
#ifndef LIMEN_VERSION_H
#define LIMEN_VERSION_H

#define LIMEN_VERSION "0.1.0"
#define LIMEN_VERSION_NUMBER 100

#endif
