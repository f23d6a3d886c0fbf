#ifndef REPRIEVE_CLIBPQ_SHIM_H
#define REPRIEVE_CLIBPQ_SHIM_H

#include <libpq-fe.h>

#endif
